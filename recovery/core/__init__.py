"""The domain of service recovery: facts, steps, guards and `decide`. Pure; standard library only."""
