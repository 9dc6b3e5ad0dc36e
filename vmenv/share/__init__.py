"""Share: how much of each device each VM gets for the next interval, decided once an interval, before what is demanded in it is known."""
