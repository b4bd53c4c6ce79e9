//! Every distribution, once.

/// Calls `$visit!($context, 2, type, value)` for every distribution.
macro_rules! every {
    ($visit:ident, $context:ident) => {
        $visit!(
            $context,
            2,
            elbo_dist::AsymmetricLaplace<2>,
            elbo_dist::AsymmetricLaplace::new(0.0, 1.0, 1.0)
        );
        $visit!($context, 2, elbo_dist::AutoRegressive<2>, elbo_dist::AutoRegressive::new($crate::row(&$crate::double(), &[0.5]), 1.0, 3));
        $visit!($context, 2, elbo_dist::Bernoulli<2>, elbo_dist::Bernoulli::logits(0.0));
        $visit!($context, 2, elbo_dist::Beta<2>, elbo_dist::Beta::new(1.0, 1.0));
        $visit!($context, 2, elbo_dist::BetaBinomial<2>, elbo_dist::BetaBinomial::new(9.0, 1.0, 1.0));
        $visit!($context, 2, elbo_dist::Binomial<2>, elbo_dist::Binomial::logits(9.0, 0.0));
        $visit!(
            $context,
            2,
            elbo_dist::Categorical<2>,
            elbo_dist::Categorical::logits($crate::row(&$crate::double(), &[1.0, 1.0, 1.0]))
        );
        $visit!($context, 2, elbo_dist::Cauchy<2>, elbo_dist::Cauchy::new(0.0, 1.0));
        $visit!($context, 2, elbo_dist::Censored<elbo_dist::Normal<2>, 2>, elbo_dist::Censored::new(elbo_dist::Normal::new(0.0, 1.0), -1.0, 1.0));
        $visit!($context, 2, elbo_dist::Chi2<2>, elbo_dist::Chi2::new(1.0));
        $visit!(
            $context,
            2,
            elbo_dist::ContinuousBernoulli<2>,
            elbo_dist::ContinuousBernoulli::logits(0.5)
        );
        $visit!($context, 2, elbo_dist::Delta<2>, elbo_dist::Delta::new(1.5));
        $visit!(
            $context,
            2,
            elbo_dist::Dirichlet<2>,
            elbo_dist::Dirichlet::new($crate::row(&$crate::double(), &[1.0, 1.0, 1.0]))
        );
        $visit!(
            $context,
            2,
            elbo_dist::DirichletMultinomial<2>,
            elbo_dist::DirichletMultinomial::new(
                9,
                $crate::row(&$crate::double(), &[1.0, 1.0, 1.0])
            )
        );
        $visit!($context, 2, elbo_dist::DiscreteUniform, elbo_dist::DiscreteUniform::new(1, 6));
        $visit!($context, 2, elbo_dist::Exponential<2>, elbo_dist::Exponential::new(1.0));
        $visit!($context, 2, elbo_dist::Flat, elbo_dist::Flat::new(elbo_dist::Support::Real));
        $visit!($context, 2, elbo_dist::Gamma<2>, elbo_dist::Gamma::new(1.0, 1.0));
        $visit!($context, 2, elbo_dist::GaussianRandomWalk<2>, elbo_dist::GaussianRandomWalk::new($crate::row(&$crate::double(), &[1.0]), 3));
        $visit!($context, 2, elbo_dist::Geometric<2>, elbo_dist::Geometric::logits(0.0));
        $visit!($context, 2, elbo_dist::Gumbel<2>, elbo_dist::Gumbel::new(0.0, 1.0));
        $visit!($context, 2, elbo_dist::HalfCauchy<2>, elbo_dist::HalfCauchy::new(1.0));
        $visit!($context, 2, elbo_dist::HalfNormal<2>, elbo_dist::HalfNormal::new(1.0));
        $visit!($context, 2, elbo_dist::HalfStudentT<2>, elbo_dist::HalfStudentT::new(1.0, 1.0));
        $visit!($context, 2, elbo_dist::HiddenMarkov<elbo_dist::Normal<3>, 2, 3>, elbo_dist::HiddenMarkov::new(elbo_dist::Categorical::logits($crate::row(&$crate::double(), &[0.0, 0.0])), elbo_dist::Categorical::logits($crate::identity(2)), elbo_dist::Normal::new($crate::row(&$crate::double(), &[-1.0, 1.0]).unsqueeze(), 1.0), 3));
        $visit!($context, 2, elbo_dist::InverseGamma<2>, elbo_dist::InverseGamma::new(1.0, 1.0));
        $visit!($context, 2, elbo_dist::Kumaraswamy<2>, elbo_dist::Kumaraswamy::new(1.0, 1.0));
        $visit!($context, 2, elbo_dist::Laplace<2>, elbo_dist::Laplace::new(0.0, 1.0));
        $visit!($context, 3, elbo_dist::LinearGaussianStateSpace<3>, elbo_dist::LinearGaussianStateSpace::new(elbo_dist::LinearGaussian::new($crate::identity(2), $crate::identity(2)), elbo_dist::LinearGaussian::new($crate::identity(2), $crate::identity(2)), 2));
        $visit!($context, 3, elbo_dist::LkjCholesky<3>, elbo_dist::LkjCholesky::new(2, 1.0));
        $visit!($context, 2, elbo_dist::LogNormal<2>, elbo_dist::LogNormal::new(0.0, 1.0));
        $visit!($context, 2, elbo_dist::Logistic<2>, elbo_dist::Logistic::new(0.0, 1.0));
        $visit!($context, 2, elbo_dist::LogitNormal<2>, elbo_dist::LogitNormal::new(0.0, 1.0));
        $visit!($context, 2, elbo_dist::LowRankMultivariateNormal<2, 3>, elbo_dist::LowRankMultivariateNormal::new(0.0, $crate::identity(2), 1.0));
        $visit!($context, 2, elbo_dist::Masked<elbo_dist::Normal<2>, 2>, elbo_dist::Masked::new(elbo_dist::Normal::new(0.0, 1.0), burn::tensor::Tensor::from_data([[true]], &burn::tensor::Device::flex())));
        $visit!($context, 3, elbo_dist::MatrixNormal<3>, elbo_dist::MatrixNormal::new(0.0, $crate::identity(2), $crate::identity(2)));
        $visit!(
            $context,
            2,
            elbo_dist::Mixture<elbo_dist::Normal<2>, 2>,
            elbo_dist::Mixture::new(
                elbo_dist::Categorical::logits($crate::row(&$crate::double(), &[1.0, 1.0, 1.0])),
                elbo_dist::Normal::new(0.0, 1.0)
            )
        );
        $visit!(
            $context,
            2,
            elbo_dist::Multinomial<2>,
            elbo_dist::Multinomial::logits(9, $crate::row(&$crate::double(), &[1.0, 1.0, 1.0]))
        );
        $visit!($context, 2, elbo_dist::MultivariateNormal<2, 3>, elbo_dist::MultivariateNormal::scale_tril(0.0, $crate::identity(2)));
        $visit!($context, 2, elbo_dist::MultivariateStudentT<2, 3>, elbo_dist::MultivariateStudentT::new(3.0, 0.0, $crate::identity(2)));
        $visit!(
            $context,
            2,
            elbo_dist::NegativeBinomial<2>,
            elbo_dist::NegativeBinomial::logits(1.0, 0.0)
        );
        $visit!($context, 2, elbo_dist::Normal<2>, elbo_dist::Normal::new(0.0, 1.0));
        $visit!(
            $context,
            2,
            elbo_dist::OneHotCategorical<2>,
            elbo_dist::OneHotCategorical::logits($crate::row(&$crate::double(), &[1.0, 1.0, 1.0]))
        );
        $visit!(
            $context,
            2,
            elbo_dist::OrderedLogistic<2>,
            elbo_dist::OrderedLogistic::new(0.0, $crate::row(&$crate::double(), &[-1.0, 1.0]))
        );
        $visit!($context, 2, elbo_dist::Pareto<2>, elbo_dist::Pareto::new(1.0, 1.0));
        $visit!($context, 2, elbo_dist::Poisson<2>, elbo_dist::Poisson::new(1.0));
        $visit!(
            $context,
            2,
            elbo_dist::RelaxedBernoulli<2>,
            elbo_dist::RelaxedBernoulli::logits(0.5, 0.0)
        );
        $visit!($context, 2, elbo_dist::RelaxedOneHotCategorical<2>, elbo_dist::RelaxedOneHotCategorical::logits(0.5, $crate::row(&$crate::double(), &[1.0, 1.0, 1.0])));
        $visit!($context, 2, elbo_dist::SkewNormal<2>, elbo_dist::SkewNormal::new(0.0, 1.0, 1.0));
        $visit!($context, 2, elbo_dist::StudentT<2>, elbo_dist::StudentT::new(1.0, 0.0, 1.0));
        $visit!($context, 2, elbo_dist::Transformed<elbo_dist::Normal<2>, elbo_dist::Exp>, elbo_dist::Transformed::new(elbo_dist::Normal::new(0.0, 1.0), elbo_dist::Exp));
        $visit!($context, 2, elbo_dist::Truncated<elbo_dist::Normal<2>>, elbo_dist::Truncated::new(elbo_dist::Normal::new(0.0, 1.0), -1.0, 1.0));
        $visit!(
            $context,
            2,
            elbo_dist::TruncatedNormal<2>,
            elbo_dist::TruncatedNormal::new(0.0, 1.0, -1.0, 1.0)
        );
        $visit!($context, 2, elbo_dist::Uniform, elbo_dist::Uniform::new(0.0, 1.0));
        $visit!($context, 2, elbo_dist::VonMises<2>, elbo_dist::VonMises::new(0.0, 1.0));
        $visit!($context, 2, elbo_dist::Weibull<2>, elbo_dist::Weibull::new(1.0, 1.0));
        $visit!($context, 3, elbo_dist::Wishart<3>, elbo_dist::Wishart::new(3.0, $crate::identity(2)));
        $visit!($context, 3, elbo_dist::WishartCholesky<3>, elbo_dist::WishartCholesky::new(3.0, $crate::identity(2)));
        $visit!(
            $context,
            2,
            elbo_dist::ZeroInflated<elbo_dist::Poisson<2>, 2>,
            elbo_dist::ZeroInflated::logits(0.0, elbo_dist::Poisson::new(1.0))
        );
    };
}
