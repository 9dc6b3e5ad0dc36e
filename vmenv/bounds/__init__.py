"""What no policy can beat, and how near one can come: lower bounds of episodes, exact optima of small instances and of Markov models.

None of it is needed to simulate; `exact` needs scipy (`pip install vmenv[bounds]`).
"""
