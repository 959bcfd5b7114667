vcl 4.1;

# Varnish (7.0 or later) in front of Ephemera. It speaks no TLS: hitch does, with hitch.conf. The
# two commands are in varnish.md, complete, and the tests start these very files with them.
#
# Replace these, and nothing else is needed:
#   .host = "127.0.0.1"; .port = "8000";    where `ephemera serve` listens
#
# Ephemera must be started with EPHEMERA_TRUSTED_HOPS=1: hitch tells Varnish the address of a
# visitor by the PROXY protocol, so the two are one hop.

import std;

backend ephemera {
    .host = "127.0.0.1"; .port = "8000";
    .connect_timeout = 5s;
    .first_byte_timeout = 60s;
    .between_bytes_timeout = 60s; # the heartbeat comes every 15 s
}

sub vcl_recv {
    if (local.socket == "plain") {
        return (synth(750));
    }
    # Ephemera itself says no, in a sentence, from 64 KiB on, to chunked bodies too.
    if (std.integer(req.http.Content-Length, 0) > 131072) {
        return (synth(413));
    }
    unset req.http.Upgrade;
    unset req.http.HTTP2-Settings;

    # Overwritten, never appended to: what a visitor claims about itself is dropped.
    unset req.http.Forwarded;
    set req.http.X-Forwarded-For = client.ip;
    set req.http.X-Forwarded-Host = req.http.Host;
    set req.http.X-Forwarded-Proto = "https";
    return (pass); # nothing is looked up, nothing is kept
}

sub vcl_backend_fetch {
    # A message is never posted twice, nor on a connection that Ephemera (idle 5 s) just closes.
    set bereq.http.Connection = "close";
}

sub vcl_backend_response {
    set beresp.do_stream = true;
    set beresp.uncacheable = true;
    return (deliver);
}

sub vcl_backend_error {
    return (deliver); # no second try
}

sub vcl_deliver {
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    unset resp.http.Age;
}

sub vcl_synth {
    unset resp.http.X-Varnish;
    set resp.http.Cache-Control = "no-store";
    if (resp.status == 750) {
        set resp.status = 308;
        set resp.http.Location = "https://" + req.http.Host + req.url;
    }
    synthetic("");
    return (deliver);
}
