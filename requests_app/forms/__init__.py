"""Forms that applicants and officers fill in alike: fields and their rules; how they look is the page's matter."""
