"""Stories, praise, the line-up and the fund."""
