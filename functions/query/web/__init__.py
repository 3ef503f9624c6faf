"""How requests are read and answered, whatever they ask for: parameters, bodies, conditions, refusals, types."""
