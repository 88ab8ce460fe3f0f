select x, moment(x) as moment_at from moments
