"""Documents (state, agent and activity profiles), and what is known of activities and agents."""
