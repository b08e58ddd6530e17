//! The screen, keys and mouse as files in `/dev`; docs/SCREEN.md has them for those who write apps.

mod control;
mod framebuffer;
mod input;
mod offset;
#[cfg(test)]
mod tests;

use crate::screen::Screen;
use control::ControlNode;
use framebuffer::FramebufferNode;
use input::{InputNode, Kind};
use std::sync::Arc;
use vfs::Node;

impl Screen {
    /// The names and nodes for `/dev`.
    #[must_use]
    pub fn devices(self: &Arc<Self>) -> [(&'static str, Arc<dyn Node>); 4] {
        let input = |kind| Arc::new(InputNode::new(Arc::clone(self), kind));
        [
            ("fb0", Arc::new(FramebufferNode::new(Arc::clone(self)))),
            ("fb0ctl", Arc::new(ControlNode::new(Arc::clone(self)))),
            ("input/keyboard", input(Kind::Keyboard)),
            ("input/mouse", input(Kind::Mouse)),
        ]
    }
}
