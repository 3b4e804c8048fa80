"""Plans: objectives, activities, courses and their mappings, activity records, the work list."""
