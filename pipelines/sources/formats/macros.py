"""Functions in SQL that the second way to a total has in common, apart from the readers' own."""

from __future__ import annotations

from typing import Final

MACROS: Final = r"""
CREATE MACRO last_moment() AS NULL::TIMESTAMPTZ;
CREATE MACRO figure(x) AS try_cast(x AS DOUBLE);
CREATE MACRO epoch_scale(x) AS CASE WHEN x >= 1e17 THEN 1e-3 WHEN x >= 1e14 THEN 1 WHEN x >= 1e11 THEN 1e3 ELSE 1e6 END;
CREATE MACRO moment(x) AS CASE WHEN figure(x) IS NOT NULL AND length(x) <> 8
    THEN make_timestamptz((figure(x) * epoch_scale(figure(x)))::BIGINT)
    ELSE try_cast(replace(x, ' UTC', 'Z') AS TIMESTAMPTZ) END;
CREATE MACRO hours(a, b) AS (epoch_us(b) - epoch_us(a)) / 3.6e9;
CREATE MACRO clock(x) AS to_microseconds((figure(regexp_extract(x, '(\d+):(\d+):(\d+)', 1)) * 3600e6
    + figure(regexp_extract(x, '(\d+):(\d+):(\d+)', 2)) * 60e6 + figure(regexp_extract(x, '(\d+):(\d+):(\d+)', 3)) * 1e6
    + coalesce(figure(nullif(regexp_extract(x, '^(\d+)-', 1), '')), 0) * 86400e6)::BIGINT);
CREATE MACRO clock_parts(x) AS list_transform(string_split(regexp_replace(x, '^\d+-', ''), ':'), lambda p: figure(p));
CREATE MACRO seconds_of(x) AS CASE WHEN figure(x) IS NOT NULL THEN figure(x)
    WHEN regexp_matches(x, '^\d+-') OR len(clock_parts(x)) = 3
    THEN coalesce(figure(nullif(regexp_extract(x, '^(\d+)-', 1), '')), 0) * 86400 + clock_parts(x)[1] * 3600
        + coalesce(clock_parts(x)[2], 0) * 60 + coalesce(clock_parts(x)[3], 0)
    ELSE clock_parts(x)[1] * 60 + clock_parts(x)[2] END;
CREATE MACRO held(a, b, ran) AS CASE
    WHEN coalesce(ran, 0) > 0 AND (b IS NULL OR b <= a OR ran < hours(a, b) * 3600 - 1) THEN ran / 3600
    ELSE hours(a, coalesce(b, last_moment())) END;
CREATE MACRO slice(x) AS CASE WHEN regexp_matches(x, '(^|[^0-9])[1-7]g[._]\d+gb')
    THEN figure(regexp_extract(x, '([1-7])g[._]\d+gb', 1))
        / CASE WHEN regexp_matches(x, '1g[._]6gb|2g[._]12gb|4g[._]24gb|2g[._]48gb|4g[._]96gb') THEN 4 ELSE 7 END
    ELSE 1 END;
CREATE MACRO typed_gpus(x) AS regexp_extract_all(x, 'gres/gpu:[^=,]+=\d+');
CREATE MACRO typed_count(t) AS figure(regexp_extract(t, '=(\d+)', 1));
CREATE MACRO gpus_of(x) AS greatest(coalesce(figure(nullif(regexp_extract(x, 'gres/gpu=(\d+)', 1), '')), 0)
    - coalesce(list_sum(list_transform(typed_gpus(x), lambda t: typed_count(t))), 0), 0)
    + coalesce(list_sum(list_transform(typed_gpus(x), lambda t: typed_count(t) * slice(t))), 0);
CREATE MACRO gres_parts(x) AS list_filter(string_split(regexp_replace(x, '\([^()]*\)', '', 'g'), ','),
    lambda p: regexp_matches(p, '^(gres[/:])?(gpu|7696487)([:=]|$)'));
CREATE MACRO gres_of(x) AS list_sum(list_transform(gres_parts(x),
    lambda p: coalesce(figure(nullif(regexp_extract(p, '[:=](\d+)$', 1), '')), 1) * slice(p)));
CREATE MACRO cores_of(x) AS figure(nullif(regexp_extract(x, '(?:^|,)cpu=(\d+)', 1), ''));
CREATE MACRO amounts_of(x) AS CASE WHEN figure(x) IS NOT NULL THEN figure(x) WHEN json_valid(x::VARCHAR)
    THEN coalesce(list_sum(list_transform(json_extract(x::VARCHAR, '$[*].amount'), lambda v: v::DOUBLE)), 0) ELSE 0 END;
CREATE MACRO instance_of(x) AS nullif(regexp_extract(lower(x),
    '([a-z][a-z0-9-]*\.(?:\d*x?large|medium|small|micro|nano|metal)[a-z0-9-]*)', 1), '');
CREATE MACRO gpus_in(x) AS coalesce((SELECT any_value(count) FROM instances WHERE instance = x), 0);
"""
