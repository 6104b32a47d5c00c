"""Library and process that does: data operators, training methods, evaluation, FT-Bench."""
