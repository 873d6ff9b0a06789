"""A believable shop, 모먼트스토어, for those who look at Ieum for the first time."""
