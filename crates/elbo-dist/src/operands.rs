//! What every distribution says of its parameters.

/// The methods `name`, `parameters` and `with_tensors` of a distribution whose fields are operands.
macro_rules! operands {
    ($name:literal $(, $field:ident: $domain:ident)* $(,)?) => {
        fn name(&self) -> &'static str {
            $name
        }

        fn parameters(&self) -> Vec<$crate::Parameter<'_>> {
            vec![$($crate::Parameter::new(stringify!($field), &self.$field, $crate::Domain::$domain)),*]
        }

        #[allow(unused_mut, unused_variables, reason = "a distribution may have no parameters")]
        fn with_tensors(self, map: &mut impl $crate::TensorMap) -> Self {
            let mut mapped = self;
            $(mapped.$field = mapped.$field.with_tensors(map);)*
            mapped
        }
    };
}

pub(crate) use operands;
