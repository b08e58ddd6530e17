; Lamp Moth, a small game for the NES: a moth collects lights at night and keeps away from the bat.
;
; The title hums the concert pitch (440 Hz, the triangle channel) until START is pressed, so that a test can listen to it.
; A light that is taken rings an octave higher. Everything happens in the NMI handler, once a frame.
; Assembled by ca65, linked by ld65 with nrom.cfg. Registers and their bits: nesdev.org, "PPU registers" and "APU registers".

PPUCTRL   = $2000
PPUMASK   = $2001
PPUSTATUS = $2002
OAMADDR   = $2003
PPUSCROLL = $2005
PPUADDR   = $2006
PPUDATA   = $2007
PULSE     = $4000
TRIANGLE  = $4008
NOISE     = $400C
DMCFREQ   = $4010
OAMDMA    = $4014
APUSTATUS = $4015
JOYPAD    = $4016
APUFRAME  = $4017

; The CPU runs at 1.789773 MHz: a triangle of 1789773 / 32 / (126 + 1) = 440.4 Hz, a pulse of twice that.
PITCH = 126

VBLANK_NMI     = %10001000        ; sprites use the second table of tiles
SHOW_ALL       = %00011110
VOICES_TITLE   = %00000100        ; the triangle
VOICES_PLAYING = %00001001        ; the first pulse, and noise

BUTTON_RIGHT = %00000001
BUTTON_LEFT  = %00000010
BUTTON_DOWN  = %00000100
BUTTON_UP    = %00001000
BUTTON_START = %00010000

STATE_TITLE   = 0
STATE_PLAYING = 1
STATE_OVER    = 2

TILE_MOTH  = 0                    ; and the next one: wings up, wings down
TILE_LIGHT = 2
TILE_BAT   = 4
TILE_STAR  = 1

LEFT_EDGE   = 8
RIGHT_EDGE  = 240
TOP_EDGE    = 24
BOTTOM_EDGE = 216
NEAR        = 7                   ; sprites that are closer than this touch
SPEED       = 2
BAT_FASTER  = 8                   ; lights after which the bat gets faster

.segment "HEADER"
    .byte "NES", $1A
    .byte 1                       ; 16 KiB of program
    .byte 1                       ; 8 KiB of tiles
    .byte 0, 0

.segment "ZEROPAGE"
state:      .res 1
clock:      .res 1                ; frames
pad:        .res 1
pad_before: .res 1
moth_x:     .res 1
moth_y:     .res 1
light_x:    .res 1
light_y:    .res 1
bat_x:      .res 1
bat_y:      .res 1
bat_dx:     .res 1
bat_dy:     .res 1
bat_speed:  .res 1
until_fast: .res 1
score:      .res 3                ; decimal digits, the highest first
seed:       .res 1
text:       .res 2                ; the text that is being written
gap:        .res 1

.segment "SPRITES"
sprites:    .res 256

.segment "CODE"

reset:
    sei
    cld
    ldx #%01000000                ; no interrupts from the sound unit
    stx APUFRAME
    ldx #$FF
    txs
    inx
    stx PPUCTRL
    stx PPUMASK
    stx DMCFREQ
    bit PPUSTATUS
:   bit PPUSTATUS                 ; the picture unit is ready after two vertical blanks
    bpl :-
    ldx #0
    txa
:   sta $00,x
    sta $0300,x
    inx
    bne :-
    lda #$F8                      ; below the picture
:   sta sprites,x
    inx
    bne :-
    lda #$5A
    sta seed
:   bit PPUSTATUS
    bpl :-
    jsr load_palette
    jsr draw_sky
    jsr show_title
    lda #VBLANK_NMI
    sta PPUCTRL
forever:
    jmp forever

; Everything that happens in a frame.
nmi:
    lda #0
    sta OAMADDR
    lda #>sprites
    sta OAMDMA
    inc clock
    jsr read_pad
    lda state
    cmp #STATE_PLAYING
    beq @playing
    jsr wait_for_start
    jmp @done
@playing:
    jsr move_moth
    jsr move_bat
    jsr take_light
    jsr meet_bat
@done:
    jsr draw_score
    jsr place_sprites
    lda #0
    sta PPUSCROLL
    sta PPUSCROLL
    lda #VBLANK_NMI
    sta PPUCTRL
    lda #SHOW_ALL
    sta PPUMASK
irq:
    rti

read_pad:
    lda pad
    sta pad_before
    lda #1
    sta JOYPAD
    sta pad                       ; when this bit leaves, all eight have come
    lsr a
    sta JOYPAD
:   lda JOYPAD
    lsr a
    rol pad
    bcc :-
    rts

wait_for_start:
    lda pad
    eor pad_before
    and pad
    and #BUTTON_START
    beq @no
    lda clock                     ; nobody knows when
    ora #1
    sta seed
    jmp start_game
@no:
    rts

start_game:
    lda #STATE_PLAYING
    sta state
    lda #VOICES_PLAYING
    sta APUSTATUS
    lda #120
    sta moth_x
    sta moth_y
    lda #LEFT_EDGE
    sta bat_x
    lda #TOP_EDGE
    sta bat_y
    lda #1
    sta bat_speed
    sta bat_dx
    sta bat_dy
    lda #BAT_FASTER
    sta until_fast
    lda #0
    sta score
    sta score+1
    sta score+2
    jsr new_light
    ldx #<blank_title
    ldy #>blank_title
    jsr write_text
    ldx #<blank_line
    ldy #>blank_line
    jmp write_text

show_title:
    lda #STATE_TITLE
    sta state
    lda #VOICES_TITLE
    sta APUSTATUS
    lda #$FF                      ; sounds until it is told otherwise
    sta TRIANGLE
    lda #PITCH
    sta TRIANGLE+2
    lda #0
    sta TRIANGLE+3
    ldx #<title
    ldy #>title
    jsr write_text
    ldx #<press_start
    ldy #>press_start
    jmp write_text

end_game:
    lda #STATE_OVER
    sta state
    lda #$04                      ; a crash that dies away
    sta NOISE
    lda #$0C
    sta NOISE+2
    lda #$08
    sta NOISE+3
    ldx #<game_over
    ldy #>game_over
    jsr write_text
    ldx #<press_start
    ldy #>press_start
    jmp write_text

move_moth:
    lda pad
    and #BUTTON_RIGHT
    beq :+
    lda moth_x
    cmp #RIGHT_EDGE
    bcs :+
    adc #SPEED
    sta moth_x
:   lda pad
    and #BUTTON_LEFT
    beq :+
    lda moth_x
    cmp #LEFT_EDGE + SPEED
    bcc :+
    sbc #SPEED
    sta moth_x
:   lda pad
    and #BUTTON_DOWN
    beq :+
    lda moth_y
    cmp #BOTTOM_EDGE
    bcs :+
    adc #SPEED
    sta moth_y
:   lda pad
    and #BUTTON_UP
    beq :+
    lda moth_y
    cmp #TOP_EDGE + SPEED
    bcc :+
    sbc #SPEED
    sta moth_y
:   rts

; The bat flies straight and turns at the edges.
move_bat:
    clc
    lda bat_x
    adc bat_dx
    sta bat_x
    cmp #LEFT_EDGE
    bcc @right
    cmp #RIGHT_EDGE
    bcc @vertical
    sec
    lda #0
    sbc bat_speed
    sta bat_dx
    jmp @vertical
@right:
    lda bat_speed
    sta bat_dx
@vertical:
    clc
    lda bat_y
    adc bat_dy
    sta bat_y
    cmp #TOP_EDGE
    bcc @down
    cmp #BOTTOM_EDGE
    bcc @done
    sec
    lda #0
    sbc bat_speed
    sta bat_dy
    rts
@down:
    lda bat_speed
    sta bat_dy
@done:
    rts

take_light:
    ldx light_x
    ldy light_y
    jsr touches_moth
    bcs @no
    jsr ring
    jsr count
    jsr new_light
    dec until_fast
    bne @no
    lda #BAT_FASTER
    sta until_fast
    lda bat_speed
    cmp #4
    bcs @no
    inc bat_speed
@no:
    rts

meet_bat:
    ldx bat_x
    ldy bat_y
    jsr touches_moth
    bcs :+
    jmp end_game
:   rts

; Carry clear: what is at X, Y touches the moth.
touches_moth:
    txa
    sec
    sbc moth_x
    jsr magnitude
    cmp #NEAR
    bcs @no
    tya
    sec
    sbc moth_y
    jsr magnitude
    cmp #NEAR
@no:
    rts

; The distance between two numbers whose difference was just taken.
magnitude:
    bcs :+
    eor #$FF
    adc #1
:   rts

ring:
    lda #%10000100                ; half and half, dies away
    sta PULSE
    lda #%00001000                ; no sweep
    sta PULSE+1
    lda #PITCH
    sta PULSE+2
    lda #%00010000
    sta PULSE+3
    rts

count:
    ldx #2
@digit:
    inc score,x
    lda score,x
    cmp #10
    bcc @done
    lda #0
    sta score,x
    dex
    bpl @digit
@done:
    rts

new_light:
    jsr random
    and #$7F
    clc
    adc #64
    sta light_x
    jsr random
    and #$7F
    clc
    adc #56
    sta light_y
    rts

; The next number of a register with feedback, which passes through all but 0.
random:
    lda seed
    asl a
    bcc :+
    eor #$1D
:   sta seed
    rts

draw_score:
    lda #$20
    sta PPUADDR
    lda #$5C
    sta PPUADDR
    ldx #0
:   lda score,x
    clc
    adc #'0'
    sta PPUDATA
    inx
    cpx #3
    bne :-
    rts

place_sprites:
    lda state
    beq @none
    lda clock
    lsr a
    lsr a
    lsr a
    and #1                        ; wings
    clc
    adc #TILE_MOTH
    sta sprites+1
    lda moth_y
    sta sprites
    lda #0
    sta sprites+2
    lda moth_x
    sta sprites+3
    lda light_y
    sta sprites+4
    lda #TILE_LIGHT
    sta sprites+5
    lda #1
    sta sprites+6
    lda light_x
    sta sprites+7
    lda clock
    lsr a
    lsr a
    lsr a
    lsr a
    and #1
    clc
    adc #TILE_BAT
    sta sprites+9
    lda bat_y
    sta sprites+8
    lda #2
    sta sprites+10
    lda bat_x
    sta sprites+11
@none:
    rts

; Writes the text at X (low) and Y (high): the address in video memory, the length, the characters.
write_text:
    stx text
    sty text+1
    ldy #0
    lda (text),y
    sta PPUADDR
    iny
    lda (text),y
    sta PPUADDR
    iny
    lda (text),y
    sta gap
    iny
:   lda (text),y
    sta PPUDATA
    iny
    dec gap
    bne :-
    rts

load_palette:
    lda #$3F
    sta PPUADDR
    ldx #0
    stx PPUADDR
:   lda palette,x
    sta PPUDATA
    inx
    cpx #32
    bne :-
    rts

; Stars here and there, and the picture's attributes.
draw_sky:
    lda #$20
    sta PPUADDR
    lda #0
    sta PPUADDR
    ldy #4
    ldx #0
@tile:
    jsr random
    cmp #6
    lda #TILE_STAR
    bcc :+
    lda #' '
:   cpy #1                        ; the last 64 bytes are attributes
    bne :+
    cpx #$C0
    bcc :+
    lda #0
:   sta PPUDATA
    inx
    bne @tile
    dey
    bne @tile
    rts

.macro line address, string
    .byte >(address), <(address), .strlen(string), string
.endmacro

title:       line $21AB, "LAMP MOTH"
press_start: line $224A, "PRESS START"
game_over:   line $21AB, "GAME OVER"
blank_title: line $21AB, "         "
blank_line:  line $224A, "           "

palette:
    .byte $0F,$10,$20,$30, $0F,$10,$20,$30, $0F,$10,$20,$30, $0F,$10,$20,$30
    .byte $0F,$17,$27,$37, $0F,$18,$28,$38, $0F,$13,$16,$23, $0F,$10,$20,$30

.segment "VECTORS"
    .word nmi, reset, irq

.segment "CHR"

; A tile is two planes of eight bytes: the low and the high bits of its pixels' colours.
.macro glyph r0, r1, r2, r3, r4, r5, r6
    .byte r0, r1, r2, r3, r4, r5, r6, 0
    .byte r0, r1, r2, r3, r4, r5, r6, 0
.endmacro
.macro at character
    .res (character) * 16 - (* - tiles)
.endmacro

tiles:
    .res 16
    .byte 0, 0, 0, %00001000, 0, 0, 0, 0    ; a star
    .res 8
    at '0'
    glyph %00111000, %01000100, %01001100, %01010100, %01100100, %01000100, %00111000
    glyph %00010000, %00110000, %00010000, %00010000, %00010000, %00010000, %00111000
    glyph %00111000, %01000100, %00000100, %00011000, %00100000, %01000000, %01111100
    glyph %01111100, %00001000, %00010000, %00001000, %00000100, %01000100, %00111000
    glyph %00001000, %00011000, %00101000, %01001000, %01111100, %00001000, %00001000
    glyph %01111100, %01000000, %01111000, %00000100, %00000100, %01000100, %00111000
    glyph %00011000, %00100000, %01000000, %01111000, %01000100, %01000100, %00111000
    glyph %01111100, %00000100, %00001000, %00010000, %00100000, %00100000, %00100000
    glyph %00111000, %01000100, %01000100, %00111000, %01000100, %01000100, %00111000
    glyph %00111000, %01000100, %01000100, %00111100, %00000100, %00001000, %00110000
    at 'A'
    glyph %00111000, %01000100, %01000100, %01111100, %01000100, %01000100, %01000100
    at 'E'
    glyph %01111100, %01000000, %01000000, %01111000, %01000000, %01000000, %01111100
    at 'G'
    glyph %00111000, %01000100, %01000000, %01011100, %01000100, %01000100, %00111000
    glyph %01000100, %01000100, %01000100, %01111100, %01000100, %01000100, %01000100
    at 'L'
    glyph %01000000, %01000000, %01000000, %01000000, %01000000, %01000000, %01111100
    glyph %01000100, %01101100, %01010100, %01010100, %01000100, %01000100, %01000100
    at 'O'
    glyph %00111000, %01000100, %01000100, %01000100, %01000100, %01000100, %00111000
    glyph %01111000, %01000100, %01000100, %01111000, %01000000, %01000000, %01000000
    at 'R'
    glyph %01111000, %01000100, %01000100, %01111000, %01010000, %01001000, %01000100
    glyph %00111000, %01000100, %01000000, %00111000, %00000100, %01000100, %00111000
    glyph %01111100, %00010000, %00010000, %00010000, %00010000, %00010000, %00010000
    at 'V'
    glyph %01000100, %01000100, %01000100, %01000100, %01000100, %00101000, %00010000

    ; The second table: the sprites.
    .res $1000 - (* - tiles)
    ; The moth with its wings up, and down.
    .byte %10000001, %11000011, %11100111, %11111111, %01111110, %00111100, %00011000, %00100100
    .byte %00000000, %01000010, %01100110, %00111100, %00011000, %00011000, %00011000, %00000000
    .byte %00000000, %00000000, %00011000, %01111110, %11111111, %11111111, %11011011, %10100101
    .byte %00000000, %00000000, %00011000, %00011000, %00111100, %01011010, %01011010, %00000000
    ; The light.
    .byte %00010000, %00111000, %01111100, %01111100, %01111100, %00111000, %00111000, %00010000
    .byte %00000000, %00010000, %00111000, %00111000, %00111000, %00010000, %00000000, %00000000
    .res 16
    ; The bat with its wings up, and down.
    .byte %10000001, %11000011, %11100111, %11111111, %11111111, %01011010, %00011000, %00000000
    .byte %00000000, %00000000, %00000000, %00100100, %00000000, %00000000, %00000000, %00000000
    .byte %00000000, %00000000, %00100100, %01111110, %11111111, %11011011, %10011001, %00000000
    .byte %00000000, %00000000, %00000000, %00100100, %00000000, %00000000, %00000000, %00000000
