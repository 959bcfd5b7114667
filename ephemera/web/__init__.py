"""The front of the house: handlers parse, ask and answer; they decide nothing and hold no state."""
