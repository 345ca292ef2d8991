"""What every other part may import: settings, clock, errors, state and the writer's lock."""
