"""Models: what there is (`catalogue`), what is here (`store`), where it comes from (`sources`, `fetch`)."""
