//! The picture unit behind the CPU: it stands still until somebody would see the difference, and then runs many dots at once.
//!
//! Seen are its registers, by reads and writes of the CPU; what boards switch, by writes; the vertical blank, which is an
//! interrupt; and the end of a frame. Boards that watch its addresses or serve its reads see each dot: with those, and
//! with a debugger, everything is as it was. Only the MMC3's family, which waits for a line of the address to rise, sees nothing new while
//! the background's tiles are fetched. A dot that does something rare is left to `Bus::ppu_clock`, one by one.
//! What a dot does is nesdev.org's "PPU rendering" and "PPU sprite evaluation".

use super::{Ppu, addr, cycle};
use crate::bus::Bus;
use crate::cpu::Cpu;
use crate::mapper::{Mapper, MapperOps};
use crate::memory::ConstArray;

/// Dots of a line.
const LINE: u32 = cycle::END as u32 + 1;
/// Dots of a tile.
const TILE: u16 = 8;
/// The dot from which on, up to that of the next background tiles, the MMC3 sees each one. It comes well before the first of a sprite's tiles: the
/// CPU notices some dots later that it is due.
const MMC3_WATCHES: u16 = 248;
/// Dots that it is noticed early, at the start of a line.
const EARLY: u32 = 8;

impl Bus {
    /// Brings the picture unit to where the CPU is, before the CPU looks at it or changes something of it.
    #[inline(always)]
    pub(crate) fn ppu_catch_up(&mut self) {
        self.ppu_run_to(self.cpu.master_clock - Cpu::PPU_OFFSET);
    }

    /// Brings the picture unit to where the CPU is at the end of a cycle, and notes when that has to happen next; 0 for
    /// always.
    #[inline(never)]
    pub(crate) fn ppu_meet_due(&mut self) {
        self.ppu_catch_up();
        let seen = self.debugger_active || self.mapper_ops.intersects(MapperOps::SERVES_PRG_READS);
        let rest = if self.is_watched() { self.watcher_rest() } else { u32::MAX };
        self.ppu_due = if seen || rest == 0 { 0 } else { self.ppu_next_due(rest) };
    }

    /// The same, before an access that may change what a board watches: when the next time comes is found anew.
    #[inline(always)]
    pub(crate) fn ppu_catch_up_to_access(&mut self) {
        self.ppu_catch_up();
        if self.is_watched() {
            self.ppu_due = 0;
        }
    }

    /// Dots in which a board that watches addresses sees nothing that it does not know; 0: with the next one it may.
    ///
    /// The MMC3 notes when address line 12 falls and when it rises (nesdev.org, "MMC3"). It stays low while nothing is fetched, and while background
    /// tiles are that lie in the lower half. The rises, and the falls behind them, come with the sprites' tiles.
    fn watcher_rest(&self) -> u32 {
        let Mapper::Txrom(board) = &self.mapper else { return 0 };
        let ppu = &self.ppu;
        if ppu.mask_pending_rendering_update | (ppu.scroll.delay_v_cycles > 0) {
            return 0;
        }
        let from = u32::from(ppu.cycle);
        let fetches = ppu.is_render_scanline & ppu.mask_rendering_enabled;
        let is_low = ppu.ctrl_bg_select == 0 && board.mmc3.a12_low_clock != 0;
        match ppu.cycle {
            _ if !ppu.mask_rendering_enabled => u32::MAX,
            _ if !fetches => {
                let lines = u32::from(ppu.prerender_scanline.saturating_sub(ppu.scanline));
                (lines * LINE).saturating_sub(from + EARLY)
            }
            _ if !is_low => 0,
            ..MMC3_WATCHES => u32::from(MMC3_WATCHES) - from,
            cycle::BG_PREFETCH_START.. => LINE - from + u32::from(MMC3_WATCHES),
            _ => 0,
        }
    }

    /// Whether a board sees the addresses of the picture unit's fetches.
    #[inline(always)]
    fn is_watched(&self) -> bool {
        self.mapper_ops.intersects(MapperOps::WATCHES_PPU_BUS | MapperOps::SERVES_CHR_READS)
    }

    /// The master clock at which the picture unit next does what is seen at once: it ends a frame, or begins or ends the
    /// vertical blank. At most so many dots from now.
    fn ppu_next_due(&self, most: u32) -> u32 {
        let line = |number: u16| u32::from(number) * LINE;
        let at = line(self.ppu.scanline) + u32::from(self.ppu.cycle);
        let (blank, prerender) = (line(self.ppu.vblank_scanline), line(self.ppu.prerender_scanline));
        // Every other last line is a dot shorter.
        let events = [blank - LINE, blank + 1, prerender + 1, prerender + LINE - 1];
        let dots = events.into_iter().find(|event| *event > at).map_or(1, |event| event - at).min(most);
        self.ppu.master_clock + dots * u32::from(self.ppu.clock_divider)
    }

    /// Runs the picture unit up to `clock` master cycles.
    #[inline(never)]
    pub(crate) fn ppu_run_to(&mut self, clock: u32) {
        let divider = u32::from(self.ppu.clock_divider);
        let mut dots = clock.saturating_sub(self.ppu.master_clock) / divider;
        self.ppu.master_clock += dots * divider;
        while dots > 0 {
            dots -= self.ppu_clock_some(dots);
        }
    }

    /// Runs some of `dots` dots, at least one; returns how many.
    #[inline(always)]
    fn ppu_clock_some(&mut self, dots: u32) -> u32 {
        let from = self.ppu.cycle;
        // A line's first dot and its last one do what others do not. So do others, while something is about to change.
        let changes = self.ppu.mask_pending_rendering_update | (self.ppu.scroll.delay_v_cycles > 0);
        if (from == 0) | (from >= cycle::END) | (dots == 1) | changes | self.debugger_active {
            self.ppu_clock();
            return 1;
        }
        let until = |end: u16| dots.min(u32::from(end - from)) as u16;
        let evaluates = self.ppu.is_render_scanline | self.ppu.is_pal_spr_eval_scanline;
        let fetches = self.ppu.mask_rendering_enabled & evaluates;
        let unseen = !self.ppu.is_visible_scanline | self.ppu.skip_rendering;
        let count = if !fetches && unseen {
            let count = until(cycle::END);
            self.ppu.clock_idle(count);
            count
        } else if !fetches || self.ppu.is_pal_spr_eval_scanline || self.is_watched() && self.watcher_rest() == 0 {
            self.ppu_clock();
            1
        } else if self.ppu.is_visible_scanline && from < cycle::SPR_EVAL_END0 {
            let count = until(cycle::SPR_EVAL_END0);
            self.clock_visible(from, count);
            count
        } else if cycle::SPR_FETCH_RANGE.contains(&(from + 1)) {
            let count = until(cycle::SPR_FETCH_END);
            self.clock_sprite_fetches(from, count);
            count
        } else {
            self.ppu_clock();
            1
        };
        u32::from(count)
    }

    /// Runs dots of a visible line, before the last of them.
    fn clock_visible(&mut self, from: u16, count: u16) {
        // Its pixels do not depend on the search, which looks for the next line's sprites.
        self.ppu.clock_sprite_search(from + count);
        if !self.ppu.skip_rendering {
            self.clock_pixels(from, from + count);
        } else if self.ppu.spr_zero_visible & !self.ppu.status_spr_zero_hit {
            self.clock_sprite_zero(from, from + count);
        } else {
            self.ppu.clock_unseen(from, count);
        }
    }

    /// Fetches and draws.
    fn clock_pixels(&mut self, mut at: u16, to: u16) {
        while at < to {
            if at % TILE == 0 && at + TILE <= to && self.ppu.is_plain_tile(at) {
                self.clock_plain_tile(at);
                at += TILE;
                continue;
            }
            at += 1;
            self.ppu.cycle = at;
            self.bg_fetch_cycle();
            self.ppu.render_pixel();
            self.ppu.shift_tiles(1);
        }
    }

    /// Fetches and draws the eight dots of a tile after `from`.
    #[inline(always)]
    fn clock_plain_tile(&mut self, from: u16) {
        self.ppu.reload_bg_shifters();
        self.ppu.draw_tile(from);
        self.fetch_bg_nt_byte();
        self.fetch_bg_attr_byte();
        self.ppu.tile_lo = self.chr_read(self.ppu.tile_addr);
        self.ppu.tile_hi = self.chr_read(self.ppu.tile_addr + TILE);
        self.ppu.shift_tiles(TILE);
        if self.ppu.mask_prev_rendering_enabled {
            self.ppu.scroll.increment_x();
        }
        self.ppu.cycle = from + TILE;
    }

    /// Fetches without drawing, on a line that may hit sprite 0.
    fn clock_sprite_zero(&mut self, from: u16, to: u16) {
        for at in from + 1..=to {
            self.ppu.cycle = at;
            self.bg_fetch_cycle();
            self.ppu.headless_sprite_zero_hit();
            self.ppu.shift_tiles(1);
        }
    }

    /// Runs dots in which the next line's sprites are fetched. The background's fetches between them are seen where a program
    /// switches rendering off here and on again before the next line's first tiles.
    fn clock_sprite_fetches(&mut self, from: u16, count: u16) {
        for at in from + 1..=from + count {
            self.ppu.cycle = at;
            if at == cycle::SPR_FETCH_START && self.ppu.mask_prev_rendering_enabled {
                self.ppu.scroll.copy_x();
                self.ppu.spr_cover = ConstArray::new();
            }
            if self.ppu.is_prerender_scanline && cycle::COPY_Y_RANGE.contains(&at) {
                self.ppu.scroll.copy_y();
            }
            self.spr_fetch_cycle();
        }
    }
}

impl Ppu {
    /// Runs dots of a line on which nothing is fetched and no pixel is wanted.
    fn clock_idle(&mut self, count: u16) {
        let (from, to) = (self.cycle, self.cycle + count);
        let shared = |first: u16, last: u16| (to.min(last) + 1).saturating_sub((from + 1).max(first));
        let visible = shared(cycle::VISIBLE_START, cycle::VISIBLE_END);
        self.shift_tiles(visible + shared(cycle::BG_PREFETCH_START, cycle::BG_PREFETCH_END));
        self.cycle = to;
    }

    #[inline(always)]
    fn shift_tiles(&mut self, count: u16) {
        self.tile_shift_lo = self.tile_shift_lo.checked_shl(count.into()).unwrap_or(0);
        self.tile_shift_hi = self.tile_shift_hi.checked_shl(count.into()).unwrap_or(0);
    }

    /// Moves the address on over pixels that nobody wants. Tiles are not fetched: those of a line's visible part are gone
    /// before the next line begins.
    fn clock_unseen(&mut self, from: u16, count: u16) {
        self.shift_tiles(count);
        if self.mask_prev_rendering_enabled {
            (from / TILE..(from + count) / TILE).for_each(|_| self.scroll.increment_x());
        }
    }

    /// Looks for the next line's sprites, in dots of a visible line before the last of them.
    fn clock_sprite_search(&mut self, to: u16) {
        if self.cycle < cycle::OAM_CLEAR_END {
            self.cycle = to.min(cycle::OAM_CLEAR_END);
            self.spr_eval_cycle();
        }
        while self.cycle < to {
            self.cycle += 1;
            let begins = self.cycle % 2 == 1 && self.cycle > cycle::SPR_EVAL_START && self.cycle < to;
            if begins && self.skip_sprite() {
                self.cycle += 1;
            } else {
                self.spr_eval_cycle();
            }
        }
    }

    /// Reads and leaves out, in two dots, a sprite that is not on the next line, where that is all that happens.
    #[inline(always)]
    fn skip_sprite(&mut self) -> bool {
        if self.oam_eval_done | self.spr_in_range {
            return false;
        }
        let y = self.oamdata[usize::from(self.oamaddr)];
        let rows = u16::from(y)..u16::from(y) + self.ctrl_spr_height;
        let Some(place) = self.secondary_oamdata.get_mut(usize::from(self.secondary_oamaddr)) else { return false };
        if rows.contains(&self.scanline) {
            return false;
        }
        *place = y;
        self.oam_fetch = y;
        self.oamaddr_hi = (self.oamaddr_hi + 1) & 0x3F;
        self.oam_eval_done = self.oamaddr_hi == 0;
        self.oamaddr = (self.oamaddr_hi << 2) | (self.oamaddr_lo & 0x03);
        true
    }

    /// Whether the eight dots after `from` show nothing but the background.
    #[inline(always)]
    fn is_plain_tile(&self, from: u16) -> bool {
        let start = usize::from(from) + 1;
        let covers = self.spr_cover.get(start..).and_then(|covers| covers.first_chunk());
        from >= self.mask_min_draw_bg_cycle && covers.is_some_and(|covers| u64::from_ne_bytes(*covers) == 0)
    }

    /// Draws the eight dots after `from`, on which there is nothing but the background.
    #[inline(always)]
    fn draw_tile(&mut self, from: u16) {
        let fine_x = self.scroll.fine_x;
        let (low, high) = (self.tile_shift_lo << fine_x, self.tile_shift_hi << fine_x);
        let start = usize::from(from) + (usize::from(self.scanline) << 8);
        let Some(pixels) = self.frame.buffer.get_mut(start..start + usize::from(TILE)) else { return };
        for (dot, pixel) in (0..TILE).zip(pixels) {
            let color = ((high << dot) >> 15) << 1 | ((low << dot) >> 15);
            let palette = if fine_x + dot < TILE { self.prev_palette } else { self.curr_palette };
            let entry = if color == 0 { 0 } else { u16::from(palette) + color };
            *pixel = u16::from(self.palette.peek(addr::PALETTE_START | entry));
        }
    }
}
