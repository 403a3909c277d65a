"""From a job template to a qsub command line: pure, so every refusal comes before anything is run."""
