"""What somebody sees first: a patient's home, a doctor's day, a desk's day, and the counters of dashboards."""
