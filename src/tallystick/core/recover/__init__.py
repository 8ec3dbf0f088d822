"""Getting paid late: the steps of a collection ladder, up and down."""
