"""Debian's Chromium, and how it is started."""

CHROMIUM = "/usr/bin/chromium"

# What Playwright turns off. Of several such switches Chromium heeds the last, so ours repeats it.
_OFF_FOR_PLAYWRIGHT = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
# Two pages for the address bar of each window, which nobody sees here, and processes for pages to
# come: they took two fifths of the processor time of all tests with Chromium.
_OFF_FOR_SPEED = ("SpareRendererForSitePerProcess", "WebUIOmniboxAimPopup", "WebUIOmniboxPopup")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=" + ",".join((*_OFF_FOR_PLAYWRIGHT, *_OFF_FOR_SPEED)),
]
