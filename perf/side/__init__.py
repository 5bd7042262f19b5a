"""What perf/run and perf/startup are made of; each file has one idea."""
