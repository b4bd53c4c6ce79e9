//! The quantile function of the standard normal distribution, on the host.

/// `Φ⁻¹(p)`, the standard normal quantile, for `p` in (0, 1).
///
/// Relative error below 1e-15 (two rational approximations of degree 7, one in the centre and two
/// in the tails, after `√(-log min(p, 1-p))`). Returns ∓∞ at 0 and 1 and NaN outside.
///
/// ```
/// assert!((elbo_dist::normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-15);
/// ```
///
/// # References
/// Wichura (1988), *Algorithm AS 241: the percentage points of the normal distribution*,
/// routine PPND16.
pub fn normal_quantile(p: f64) -> f64 {
    let [centre, middle, far] = &DOUBLE;
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * horner(centre.over, r) / horner(centre.under, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if !(0.0..1.0).contains(&tail) {
        return f64::NAN;
    }
    if tail == 0.0 {
        return q.signum() * f64::INFINITY;
    }
    let r = (-tail.ln()).sqrt();
    let magnitude = if r <= 5.0 { middle.at(r - 1.6) } else { far.at(r - 5.0) };
    q.signum() * magnitude
}

/// [`normal_quantile`] of each number of a block, in its place: the centre for several at once, since that is what most are in, and
/// the tails after it.
///
/// # Panics
/// If the block has more than [`BLOCK`] numbers.
pub(crate) fn normal_quantiles(block: &mut [f64]) {
    let mut chances = [0.0; BLOCK];
    let chances = &mut chances[..block.len()];
    chances.copy_from_slice(block);
    pulp::Arch::new().dispatch(Centre(block));
    for (z, p) in block.iter_mut().zip(chances) {
        if (*p - 0.5).abs() > 0.425 {
            *z = normal_quantile(*p);
        }
    }
}

/// The most numbers of a block.
pub(crate) const BLOCK: usize = 256;

/// Makes of each number what its quantile would be in the centre.
struct Centre<'a>(&'a mut [f64]);

impl pulp::WithSimd for Centre<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let [Rational { over, under }, ..] = &DOUBLE;
        let over: &[f64; 8] = (*over).try_into().expect("degree 7");
        let under: &[f64; 8] = (*under).try_into().expect("degree 7");
        for p in self.0 {
            let q = *p - 0.5;
            let r = 0.180_625 - q * q;
            *p = q * horner(over, r) / horner(under, r);
        }
    }
}

/// `c₀ + c₁ x + c₂ x² + …`
#[inline(always)]
pub(crate) fn horner(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// A quotient of two polynomials, by their coefficients from the constant on.
pub(crate) struct Rational {
    pub over: &'static [f64],
    pub under: &'static [f64],
}

impl Rational {
    fn at(&self, x: f64) -> f64 {
        horner(self.over, x) / horner(self.under, x)
    }
}

/// AS 241, PPND16: for `|p - ½| ≤ 0.425`, and for `√(-log p)` up to 5 and above.
pub(crate) const DOUBLE: [Rational; 3] = [
    Rational {
        over: &[
            3.387_132_872_796_366_5,
            1.331_416_678_917_843_8e2,
            1.971_590_950_306_551_3e3,
            1.373_169_376_550_946e4,
            4.592_195_393_154_987e4,
            6.726_577_092_700_87e4,
            3.343_057_558_358_813e4,
            2.509_080_928_730_122_7e3,
        ],
        under: &[
            1.0,
            4.231_333_070_160_091e1,
            6.871_870_074_920_579e2,
            5.394_196_021_424_751e3,
            2.121_379_430_158_659_7e4,
            3.930_789_580_009_271e4,
            2.872_908_573_572_194_3e4,
            5.226_495_278_852_545e3,
        ],
    },
    Rational {
        over: &[
            1.423_437_110_749_683_5,
            4.630_337_846_156_546,
            5.769_497_221_460_691,
            3.647_848_324_763_204_5,
            1.270_458_252_452_368_4,
            2.417_807_251_774_506e-1,
            2.272_384_498_926_918_4e-2,
            7.745_450_142_783_414e-4,
        ],
        under: &[
            1.0,
            2.053_191_626_637_759,
            1.676_384_830_183_803_8,
            6.897_673_349_851e-1,
            1.481_039_764_274_800_8e-1,
            1.519_866_656_361_645_7e-2,
            5.475_938_084_995_345e-4,
            1.050_750_071_644_416_9e-9,
        ],
    },
    Rational {
        over: &[
            6.657_904_643_501_103,
            5.463_784_911_164_114,
            1.784_826_539_917_291_3,
            2.965_605_718_285_049e-1,
            2.653_218_952_657_612_4e-2,
            1.242_660_947_388_078_4e-3,
            2.711_555_568_743_487_6e-5,
            2.010_334_399_292_288_1e-7,
        ],
        under: &[
            1.0,
            5.998_322_065_558_88e-1,
            1.369_298_809_227_358e-1,
            1.487_536_129_085_061_5e-2,
            7.868_691_311_456_133e-4,
            1.846_318_317_510_054_8e-5,
            1.421_511_758_316_446e-7,
            2.044_263_103_389_939_8e-15,
        ],
    },
];

/// AS 241, PPND7, to 1e-7.
pub(crate) const SINGLE: [Rational; 3] = [
    Rational {
        over: &[3.387_132_717_9, 50.434_271_938, 159.291_132_02, 59.109_374_720],
        under: &[1.0, 17.895_169_469, 78.757_757_664, 67.187_563_600],
    },
    Rational {
        over: &[1.423_437_277_7, 2.756_815_390_0, 1.306_728_481_6, 0.170_238_211_03],
        under: &[1.0, 0.737_001_642_50, 0.120_211_329_75],
    },
    Rational {
        over: &[6.657_905_115_0, 3.081_226_386_0, 0.428_682_943_37, 0.017_337_203_997],
        under: &[1.0, 0.241_978_942_25, 0.012_258_202_635],
    },
];
