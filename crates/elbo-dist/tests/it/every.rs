//! Every distribution, once.

/// Calls `$visit!($context, type, value)` for every distribution.
macro_rules! every {
    ($visit:ident, $context:ident) => {
        $visit!(
            $context,
            elbo_dist::AsymmetricLaplace<2>,
            elbo_dist::AsymmetricLaplace::new(0.0, 1.0, 1.0)
        );
        $visit!($context, elbo_dist::Bernoulli<2>, elbo_dist::Bernoulli::logits(0.0));
        $visit!($context, elbo_dist::Beta<2>, elbo_dist::Beta::new(1.0, 1.0));
        $visit!($context, elbo_dist::BetaBinomial<2>, elbo_dist::BetaBinomial::new(9.0, 1.0, 1.0));
        $visit!($context, elbo_dist::Binomial<2>, elbo_dist::Binomial::logits(9.0, 0.0));
        $visit!(
            $context,
            elbo_dist::Categorical<2>,
            elbo_dist::Categorical::logits($crate::row(&$crate::double(), &[1.0, 1.0, 1.0]))
        );
        $visit!($context, elbo_dist::Cauchy<2>, elbo_dist::Cauchy::new(0.0, 1.0));
        $visit!($context, elbo_dist::Chi2<2>, elbo_dist::Chi2::new(1.0));
        $visit!(
            $context,
            elbo_dist::ContinuousBernoulli<2>,
            elbo_dist::ContinuousBernoulli::logits(0.5)
        );
        $visit!($context, elbo_dist::Delta<2>, elbo_dist::Delta::new(1.5));
        $visit!(
            $context,
            elbo_dist::Dirichlet<2>,
            elbo_dist::Dirichlet::new($crate::row(&$crate::double(), &[1.0, 1.0, 1.0]))
        );
        $visit!(
            $context,
            elbo_dist::DirichletMultinomial<2>,
            elbo_dist::DirichletMultinomial::new(
                9,
                $crate::row(&$crate::double(), &[1.0, 1.0, 1.0])
            )
        );
        $visit!($context, elbo_dist::DiscreteUniform, elbo_dist::DiscreteUniform::new(1, 6));
        $visit!($context, elbo_dist::Exponential<2>, elbo_dist::Exponential::new(1.0));
        $visit!($context, elbo_dist::Gamma<2>, elbo_dist::Gamma::new(1.0, 1.0));
        $visit!($context, elbo_dist::Geometric<2>, elbo_dist::Geometric::logits(0.0));
        $visit!($context, elbo_dist::Gumbel<2>, elbo_dist::Gumbel::new(0.0, 1.0));
        $visit!($context, elbo_dist::HalfCauchy<2>, elbo_dist::HalfCauchy::new(1.0));
        $visit!($context, elbo_dist::HalfNormal<2>, elbo_dist::HalfNormal::new(1.0));
        $visit!($context, elbo_dist::HalfStudentT<2>, elbo_dist::HalfStudentT::new(1.0, 1.0));
        $visit!($context, elbo_dist::InverseGamma<2>, elbo_dist::InverseGamma::new(1.0, 1.0));
        $visit!($context, elbo_dist::Kumaraswamy<2>, elbo_dist::Kumaraswamy::new(1.0, 1.0));
        $visit!($context, elbo_dist::Laplace<2>, elbo_dist::Laplace::new(0.0, 1.0));
        $visit!($context, elbo_dist::LogNormal<2>, elbo_dist::LogNormal::new(0.0, 1.0));
        $visit!($context, elbo_dist::Logistic<2>, elbo_dist::Logistic::new(0.0, 1.0));
        $visit!($context, elbo_dist::LogitNormal<2>, elbo_dist::LogitNormal::new(0.0, 1.0));
        $visit!(
            $context,
            elbo_dist::Mixture<elbo_dist::Normal<2>, 2>,
            elbo_dist::Mixture::new(
                elbo_dist::Categorical::logits($crate::row(&$crate::double(), &[1.0, 1.0, 1.0])),
                elbo_dist::Normal::new(0.0, 1.0)
            )
        );
        $visit!(
            $context,
            elbo_dist::Multinomial<2>,
            elbo_dist::Multinomial::logits(9, $crate::row(&$crate::double(), &[1.0, 1.0, 1.0]))
        );
        $visit!(
            $context,
            elbo_dist::NegativeBinomial<2>,
            elbo_dist::NegativeBinomial::logits(1.0, 0.0)
        );
        $visit!($context, elbo_dist::Normal<2>, elbo_dist::Normal::new(0.0, 1.0));
        $visit!(
            $context,
            elbo_dist::OneHotCategorical<2>,
            elbo_dist::OneHotCategorical::logits($crate::row(&$crate::double(), &[1.0, 1.0, 1.0]))
        );
        $visit!(
            $context,
            elbo_dist::OrderedLogistic<2>,
            elbo_dist::OrderedLogistic::new(0.0, $crate::row(&$crate::double(), &[-1.0, 1.0]))
        );
        $visit!($context, elbo_dist::Pareto<2>, elbo_dist::Pareto::new(1.0, 1.0));
        $visit!($context, elbo_dist::Poisson<2>, elbo_dist::Poisson::new(1.0));
        $visit!(
            $context,
            elbo_dist::RelaxedBernoulli<2>,
            elbo_dist::RelaxedBernoulli::logits(0.5, 0.0)
        );
        $visit!($context, elbo_dist::SkewNormal<2>, elbo_dist::SkewNormal::new(0.0, 1.0, 1.0));
        $visit!($context, elbo_dist::StudentT<2>, elbo_dist::StudentT::new(1.0, 0.0, 1.0));
        $visit!(
            $context,
            elbo_dist::TruncatedNormal<2>,
            elbo_dist::TruncatedNormal::new(0.0, 1.0, -1.0, 1.0)
        );
        $visit!($context, elbo_dist::Uniform, elbo_dist::Uniform::new(0.0, 1.0));
        $visit!($context, elbo_dist::Weibull<2>, elbo_dist::Weibull::new(1.0, 1.0));
        $visit!(
            $context,
            elbo_dist::ZeroInflated<elbo_dist::Poisson<2>, 2>,
            elbo_dist::ZeroInflated::logits(0.0, elbo_dist::Poisson::new(1.0))
        );
    };
}
