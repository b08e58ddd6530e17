//! The display: which of those that are there, and in what size.

use crate::options::Video;
use drivers::display::boot::BootDisplay;
use interfaces::{Display, TextDisplay};
use machine::boot_info::PictureInfo;
use machine::last_words;
use std::sync::Arc;

/// What is tried where the command line names no size, in this order.
const USUAL_SIZES: [(usize, usize); 3] = [(1024, 768), (800, 600), (640, 480)];

/// The display, showing pixels: one that can change its size before the one that the loader set up. `None` where there is
/// none, or text is wanted.
pub(crate) fn find(
    cards: Vec<Arc<dyn Display>>,
    picture: Option<&PictureInfo>,
    video: Video,
) -> Option<Arc<dyn Display>> {
    if video == Video::Text {
        // Without a loader's picture the screen is in text mode already.
        let _picture = picture?;
        machine::log!(
            "video=text: the loader has left text mode (GRUB's menu: set gfxpayload=text); going on with its picture"
        );
    }
    let loaders = picture.and_then(BootDisplay::new).map(|display| display as Arc<dyn Display>);
    let found = cards.into_iter().chain(loaders).find(|display| set_size(&**display, video));
    if let Some(text) = found.as_ref().and_then(|display| display.last_resort()) {
        show_last_words_on(text);
    }
    found
}

/// Where a kernel that stops says why.
pub(crate) fn show_last_words_on(text: Arc<dyn TextDisplay>) {
    // It is used when nothing else is left.
    last_words::set_display(&**Box::leak(Box::new(text)));
}

/// Gives the display the size that is wanted, or else one that it can have; false where it has none.
fn set_size(display: &dyn Display, video: Video) -> bool {
    if let Video::Size(width, height) = video {
        match display.set_size(width, height) {
            Ok(()) => return true,
            Err(error) => machine::log!("video={width}x{height}: {error} ({}); taking another size", display.driver()),
        }
    }
    let usual = USUAL_SIZES.into_iter().any(|(width, height)| display.set_size(width, height).is_ok());
    usual || display.size() != (0, 0)
}
