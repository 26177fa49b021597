"""Yardsticks: measures of a trained model on a task."""
