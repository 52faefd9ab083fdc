//! What keeps a program from compiling this library. How a value is dropped, moved and cloned is compiled in each crate
//! that does so, with all that the value contains. So what is large stands behind a trait object, which is dropped here.

use std::ops::{Deref, DerefMut};

/// A value of this type and of no other, which only this module can see: `Box<dyn Opaque<T>>` is a `Box<T>` that is dropped
/// in this crate.
pub(crate) trait Opaque<T>: Send + Sync {
    fn inner(&self) -> &T;
    fn inner_mut(&mut self) -> &mut T;
    fn unbox(self: Box<Self>) -> Box<T>;
}

impl<T: Send + Sync> Opaque<T> for T {
    fn inner(&self) -> &T {
        self
    }

    fn inner_mut(&mut self) -> &mut T {
        self
    }

    fn unbox(self: Box<Self>) -> Box<T> {
        self
    }
}

impl<T> Deref for dyn Opaque<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner()
    }
}

impl<T> DerefMut for dyn Opaque<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner_mut()
    }
}
