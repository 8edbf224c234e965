long round_up(float ratio);
