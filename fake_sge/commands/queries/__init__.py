"""What the query commands have in common: their switches, their choice of queues, resources and jobs."""
