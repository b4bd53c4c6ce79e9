//! How the elements of a tensor lie in memory.

/// Elements of a slot: the one at index `i` lies at `offset + Σ iₖ strideₖ`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    pub slot: usize,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

impl View {
    /// All elements of a slot, in row-major order.
    pub fn whole(slot: usize, shape: Vec<usize>) -> Self {
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        Self { slot, offset: 0, shape, strides }
    }

    /// The same elements in the same order, which must be that of the memory.
    pub fn reshaped(self, shape: Vec<usize>) -> Self {
        Self { offset: self.offset, ..Self::whole(self.slot, shape) }
    }

    /// With axes of size 1 repeated.
    pub fn expanded(mut self, shape: &[usize]) -> Self {
        for (axis, size) in shape.iter().enumerate() {
            if self.shape[axis] == 1 {
                (self.shape[axis], self.strides[axis]) = (*size, 0);
            }
        }
        self
    }

    /// With the axes in the opposite order.
    pub fn transposed(mut self) -> Self {
        self.shape.reverse();
        self.strides.reverse();
        self
    }

    /// The part of this shape that begins at these indices.
    pub fn sliced(self, starts: &[usize], shape: &[usize]) -> Self {
        let skipped: usize = starts.iter().zip(&self.strides).map(|(i, stride)| i * stride).sum();
        Self { offset: self.offset + skipped, shape: shape.to_vec(), ..self }
    }

    /// Sizes and strides of as few axes as the elements in their order need, one at least.
    pub fn axes(&self) -> Vec<[usize; 2]> {
        let mut axes: Vec<[usize; 2]> = Vec::new();
        for (size, stride) in self.shape.iter().zip(&self.strides).filter(|(size, _)| **size > 1) {
            match axes.last_mut() {
                Some([outer, over]) if *over == size * stride => {
                    (*outer, *over) = (*outer * size, *stride);
                }
                _ => axes.push([*size, *stride]),
            }
        }
        if axes.is_empty() {
            axes.push([1, 1]);
        }
        axes
    }

    /// The offset of the element with this number in row-major order.
    pub fn at(&self, mut number: usize) -> usize {
        let mut offset = self.offset;
        for (size, stride) in self.shape.iter().zip(&self.strides).rev() {
            offset += number % size * stride;
            number /= size;
        }
        offset
    }
}
