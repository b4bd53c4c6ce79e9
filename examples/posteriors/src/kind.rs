//! The guides by which each posterior is fitted.

/// The guides of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Independent normals.
    MeanField,
    /// A normal with a covariance of rank 10 over a diagonal.
    LowRank,
    /// A multivariate normal.
    FullRank,
    /// Three multivariate normals.
    Mixture,
    /// The program's own conditionals, moved, and a mean field where they cannot be.
    Structured,
    /// Affine couplings (RealNVP).
    Flow,
    /// Inverse autoregressive layers.
    Autoregressive,
    /// Couplings by rational-quadratic splines, behind affine ones that find the scale.
    Spline,
    /// The normal at the mode, as found.
    Laplace,
    /// Pathfinder's normals, as found, and resampled.
    Pathfinder,
}

/// All guides, with their names.
pub const KINDS: [(&str, Kind); 10] = [
    ("mean-field", Kind::MeanField),
    ("low-rank", Kind::LowRank),
    ("full-rank", Kind::FullRank),
    ("mixture", Kind::Mixture),
    ("structured", Kind::Structured),
    ("flow", Kind::Flow),
    ("autoregressive", Kind::Autoregressive),
    ("spline", Kind::Spline),
    ("laplace", Kind::Laplace),
    ("pathfinder", Kind::Pathfinder),
];

impl Kind {
    /// The name in the table.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether all latents go through one matrix or network.
    pub(crate) fn is_dense(self) -> bool {
        !matches!(self, Self::MeanField | Self::LowRank | Self::Structured)
    }

    pub(crate) fn is_flow(self) -> bool {
        matches!(self, Self::Flow | Self::Autoregressive | Self::Spline)
    }
}
