"""What people and workers do: every change of state starts here, whoever asks for it."""
