"""Run untrusted code so that nothing gets out: bubblewrap, and a zygote that forks."""
