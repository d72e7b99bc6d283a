"""The wall: single-use caged processes that decode, apply and encode."""
