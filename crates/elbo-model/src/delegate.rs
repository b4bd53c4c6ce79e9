//! Burn modules around one other.

/// Makes a Burn module of a structure whose parameters are those of one of its fields. By hand,
/// because deriving it would ask of every field what only that one has.
macro_rules! delegate_module {
    ($type:ident<$inner:ident: $bound:ident $(+ $more:ident)*>, $field:ident) => {
        impl<$inner: $bound $(+ $more)*> ::burn::module::Module for $type<$inner> {
            fn collect_devices(
                &self,
                devices: ::burn::module::Devices,
            ) -> ::burn::module::Devices {
                self.$field.collect_devices(devices)
            }

            fn fork(self, device: &::burn::tensor::Device) -> Self {
                Self { $field: self.$field.fork(device), ..self }
            }

            fn to_device(self, device: &::burn::tensor::Device) -> Self {
                Self { $field: self.$field.to_device(device), ..self }
            }

            fn train(self) -> Self {
                Self { $field: self.$field.train(), ..self }
            }

            fn valid(&self) -> Self {
                Self { $field: self.$field.valid(), ..self.clone() }
            }

            fn materialize(self) -> Self {
                Self { $field: self.$field.materialize(), ..self }
            }

            fn visit<V: ::burn::module::ModuleVisitor>(&self, visitor: &mut V) {
                self.$field.visit(visitor);
            }

            fn map<V: ::burn::module::ModuleMapper>(self, mapper: &mut V) -> Self {
                Self { $field: self.$field.map(mapper), ..self }
            }
        }

        impl<$inner: $bound $(+ $more)*> ::burn::module::ModuleDisplayDefault for $type<$inner> {
            fn content(
                &self,
                content: ::burn::module::Content,
            ) -> Option<::burn::module::Content> {
                content.add(stringify!($field), &self.$field).optional()
            }
        }

        impl<$inner: $bound $(+ $more)*> ::burn::module::ModuleDisplay for $type<$inner> {}
    };
}

pub(crate) use delegate_module;
