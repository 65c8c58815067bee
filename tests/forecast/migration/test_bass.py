"""Bass and Norton-Bass against published tables and refits."""

import numpy as np
import pytest

from shiftcast.forecast.migration.bass import (
    Bass,
    bass_fraction,
    bass_peak,
    fit_bass_curve,
    fit_bass_regression,
    fit_norton_bass,
    norton_bass,
)

# Bass (1969), table of durables: p, q, m, time of peak sales, size of peak sales.
PEAKS = {
    "refrigerators": (0.0026167, 0.21566, 40001, 20.2119104, 2209.3067273),
    "freezers": (0.018119, 0.1711, 21973, 11.8660762, 1149.4996431),
    "television": (0.027877, 0.25105, 96717, 7.8796608, 7493.1376639),
    "softeners": (0.017703, 0.29695, 5793, 8.9617123, 482.8630365),
    "air conditioners": (0.010399, 0.41861, 16895, 8.6134092, 1857.0406581),
    "dryers": (0.017206, 0.35688, 15092, 8.1054662, 1479.4745725),
    "lawnmowers": (0.0091837, 0.3379, 44751, 10.3874651, 3988.6230835),
    "bed coverings": (0.005876, 0.24387, 76589, 14.918193, 4897.1692277),
    "coffee makers": (0.017135, 0.30145, 58838, 9.000678, 4952.6001942),
    "irons": (0.028632, 0.32791, 55696, 6.8385049, 5397.9734734),
    "record players": (0.024796, 0.6541, 21937, 4.8204407, 3864.3779422),
}
# Mahajan, Mason and Srinivasan (1986): adoptions; refits by nonlinear least squares and by Bass's regression.
ADOPTIONS = {
    "room_ac": [96, 195, 238, 380, 1045, 1230, 1267, 1828, 1586, 1673, 1800, 1580, 1500],
    "color_tv": [747, 1480, 2646, 5118, 5777, 5982, 5962, 4631],
    "clothes_dryers": [106, 319, 492, 635, 737, 890, 1397, 1523, 1294, 1240, 1425, 1260, 1236],
    "ultrasound": [5, 3, 2, 5, 7, 12, 6, 16, 16, 28, 28, 21, 13, 6],
    "mammography": [2, 2, 2, 3, 4, 9, 7, 16, 23, 24, 15, 6, 5, 1],
    "foreign_language": [1.25, 0.77, 0.86, 0.48, 1.34, 3.56, 3.36, 6.24, 5.95, 6.24, 4.89, 0.25],
    "accelerated_program": [0.67, 0.48, 2.11, 0.29, 2.59, 2.21, 16.8, 11.04, 14.4, 6.43, 6.15, 1.15],
}
BY_CURVE = {
    "room_ac": (0.009442046935560243, 0.37476338348911015, 18712.727132326985, 341468.412502992),
    "color_tv": (0.01846643270927848, 0.6158635378033339, 39658.61873949535, 955792.0317496922),
    "clothes_dryers": (0.013596228166975262, 0.3267025961178578, 16496.999852560733, 212777.44031369538),
    "ultrasound": (0.0013179736262996, 0.6205980138293733, 167.3784342204412, 162.81136739689376),
    "mammography": (0.00041012817142980855, 0.8606516788553638, 111.39156487603631, 54.98791697714671),
    "foreign_language": (0.001479324269205039, 0.7409730058704322, 35.84090785010968, 9.768444153407401),
    "accelerated_program": (0.0007422563506412167, 0.9282771264520373, 64.42866416688996, 74.65044111153085),
}
BY_REGRESSION = {
    "room_ac": (0.016992029304147747, 0.4049457823753273, 17091.25259364047),
    "color_tv": (0.035693280313580204, 0.6719313537737543, 35494.64468342612),
    "clothes_dryers": (0.019614822018104744, 0.34814193425822093, 15280.763208711223),
    "ultrasound": (-0.0014315658758682751, 0.5397510134550203, 178.8914246041703),
    "mammography": (-0.00612084281059366, 0.7526722620581637, 118.93926732216941),
    "foreign_language": (-0.005657554605923494, 0.7134797769367691, 36.607121226183935),
    "accelerated_program": (0.012023592371997275, 0.8476158109164411, 63.65264360912191),
}
# IBM general-purpose systems in use by generation; parameters as the R package diffusion 0.4.0 reports them.
IBM = np.array(
    """190,0,0,0 560,0,0,0 1000,0,0,0 1680,0,0,0 2542,0,0,0
    2640,880,0,0 2350,2510,0,0 1820,4725,0,0 1170,7720,0,0 750,10940,0,0
    455,13090,625,0 303,13330,4398,0 203,9977,9750,0 170,6896,15834,0 49,4646,20622,0
    29,3297,22157,1290 14,2916,20730,4819 6,2384,18177,11738 4,2079,13022,23227 4,1676,10395,28415
    3,1397,8328,31405 0,1107,7577,31424 0,894,6470,32518 0,829,5881,32098""".replace(",", " ").split(),
    dtype=float,
).reshape(24, 4)
STARTS = np.array([1.0, 6.0, 11.0, 16.0])
R_PACKAGE = {
    "OLS": (0.0803228, 0.4321734, (3367.662, 13907.48, 14423.01, 6706.273)),
    "SUR": (0.06502548, 0.5248939, (3259.075, 13548.15, 13849.78, 8281.243)),
    "BOBYQA": (0.06118684, 0.5758494, (3232.623, 13384.0, 13603.52, 6346.332)),
}


@pytest.mark.parametrize("product", PEAKS)
def test_peak_is_the_published_one(product):
    p, q, m, time, size = PEAKS[product]
    assert bass_peak(Bass(p, q, m)) == pytest.approx((time, size), rel=1e-7)


def test_without_imitation_the_peak_is_at_the_start():
    assert bass_peak(Bass(0.2, 0.1, 100.0)) == (0.0, 20.0)


@pytest.mark.parametrize("product", ADOPTIONS)
def test_curve_fit_reaches_the_published_least_squares(product):
    adoptions = np.array(ADOPTIONS[product], dtype=float)
    p, q, m, error = BY_CURVE[product]
    found = fit_bass_curve(adoptions)
    fitted = found.m * np.diff(bass_fraction(np.arange(len(adoptions) + 1.0), found.p, found.q))
    assert (found.p, found.q, found.m) == pytest.approx((p, q, m), rel=2e-3)
    assert ((fitted - adoptions) ** 2).sum() == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("product", ADOPTIONS)
def test_regression_is_bass_s_own(product):
    found = fit_bass_regression(np.array(ADOPTIONS[product], dtype=float))
    assert (found.p, found.q, found.m) == pytest.approx(BY_REGRESSION[product], rel=1e-8)


def test_regression_without_a_market_says_so():
    with pytest.raises(ValueError, match="fit the curve instead"):
        fit_bass_regression(np.array([1.0, 2.0, 4.0, 8.0, 16.0]))


@pytest.mark.parametrize("sd", [1e-15, 1e-9, 1e-3, 0.01])
def test_growth_without_a_bend_has_no_market_whatever_the_noise(sd):
    random = np.random.default_rng(3)
    for _ in range(50):
        with pytest.raises(ValueError, match="no market in 5 periods"):
            fit_bass_regression(np.array([1.0, 2.0, 4.0, 8.0, 16.0]) * (1.0 + sd * random.standard_normal(5)))


@pytest.mark.parametrize("adoptions", [[5.0, 4.0, 3.0], [2.0] * 6, [0.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0]])
def test_too_few_level_and_straight_adoptions_have_no_market(adoptions):
    with pytest.raises(ValueError, match="fit the curve instead"):
        fit_bass_regression(np.array(adoptions))


@pytest.mark.parametrize(("p", "q", "periods"), [(0.03, 0.4, 20), (0.01, 0.3, 25), (0.02, 0.1, 30)])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e9])
def test_a_whole_bass_curve_gives_its_market_in_any_unit(p, q, periods, size):
    found = fit_bass_regression(size * np.diff(bass_fraction(np.arange(periods + 1.0), p, q)))
    assert found.m == pytest.approx(size, rel=0.05)
    assert found.q == pytest.approx(q, rel=0.35)  # the regression is of whole periods, which flattens the curve


def test_norton_bass_with_one_generation_is_bass():
    one = norton_bass(5, np.array([1.0]), 0.03, 0.4, np.array([10.0]))[:, 0]
    assert one == pytest.approx(10.0 * bass_fraction(np.arange(1.0, 6.0), 0.03, 0.4))


def test_norton_bass_is_the_package_s_least_squares():
    p, q, markets = fit_norton_bass(IBM, STARTS)
    assert (p, q, *markets) == pytest.approx((*R_PACKAGE["OLS"][:2], *R_PACKAGE["OLS"][2]), rel=1e-4)
    ours = ((norton_bass(24, STARTS, p, q, markets) - IBM) ** 2).sum()
    for name in ("SUR", "BOBYQA"):
        p, q, markets = R_PACKAGE[name]
        assert ours < ((norton_bass(24, STARTS, p, q, np.array(markets)) - IBM) ** 2).sum()
