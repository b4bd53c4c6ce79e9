//! What every distribution says of its parameters.

/// The methods `name`, `parameters` and `detach` of a distribution whose fields are operands.
macro_rules! operands {
    ($name:literal $(, $field:ident: $domain:ident)* $(,)?) => {
        fn name(&self) -> &'static str {
            $name
        }

        fn parameters(&self) -> Vec<$crate::Parameter<'_>> {
            vec![$($crate::Parameter::new(stringify!($field), &self.$field, $crate::Domain::$domain)),*]
        }

        fn detach(self) -> Self {
            #[allow(unused_mut, reason = "a distribution may have no parameters")]
            let mut constant = self;
            $(constant.$field = constant.$field.detach();)*
            constant
        }
    };
}

pub(crate) use operands;
