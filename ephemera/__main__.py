"""`python -m ephemera` is `ephemera`."""

from ephemera.cli import main

if __name__ == "__main__":
    main()
