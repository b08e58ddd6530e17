# The C memory functions that compiled code calls (memcpy, memmove, memset, memcmp, bcmp, strlen; ISO C 7.24).
#
# SSE loops throughout, no `rep` strings: those are byte loops in an emulator, and no faster than this on the sizes that
# matter elsewhere. Short sizes use two overlapping accesses, so that no length needs a byte loop.

.section .text.memory_functions, "ax", @progbits
.global memcpy
.global memmove
.global memset
.global memcmp
.global bcmp
.global strlen

.balign 32
.type memmove, @function
memmove:
    mov rax, rdi
    sub rax, rsi
    cmp rax, rdx
    jb move_backwards               # the destination begins inside the source
.type memcpy, @function
memcpy:                             # ascending: right for disjoint ranges, and for a destination below the source
    mov rax, rdi
    cmp rdx, 16
    jb move_short
    movups xmm7, [rsi + rdx - 16]   # the tail is read before anything is written
    cmp rdx, 32
    jbe move_up_to_32
    movups xmm6, [rsi + rdx - 32]
    lea r8, [rdi + rdx - 32]
    cmp rdx, 128
    jb 2f
    lea r9, [rdi + rdx - 96]
1:  movups xmm0, [rsi]
    movups xmm1, [rsi + 16]
    movups xmm2, [rsi + 32]
    movups xmm3, [rsi + 48]
    movups [rdi], xmm0
    movups [rdi + 16], xmm1
    movups [rdi + 32], xmm2
    movups [rdi + 48], xmm3
    add rsi, 64
    add rdi, 64
    cmp rdi, r9
    jb 1b
2:  cmp rdi, r8
    jae 4f
3:  movups xmm0, [rsi]
    movups xmm1, [rsi + 16]
    movups [rdi], xmm0
    movups [rdi + 16], xmm1
    add rsi, 32
    add rdi, 32
    cmp rdi, r8
    jb 3b
4:  movups [r8], xmm6
    movups [r8 + 16], xmm7
    ret
move_up_to_32:
    movups xmm0, [rsi]
    movups [rdi], xmm0
    movups [rdi + rdx - 16], xmm7
    ret

move_short:                         # 0 to 15 bytes, overlapping or not
    cmp edx, 8
    jae 8f
    cmp edx, 4
    jae 4f
    cmp edx, 2
    jae 2f
    test edx, edx
    jz 1f
    movzx ecx, byte ptr [rsi]
    mov [rdi], cl
1:  ret
2:  movzx ecx, word ptr [rsi]
    movzx r8d, word ptr [rsi + rdx - 2]
    mov [rdi], cx
    mov [rdi + rdx - 2], r8w
    ret
4:  mov ecx, [rsi]
    mov r8d, [rsi + rdx - 4]
    mov [rdi], ecx
    mov [rdi + rdx - 4], r8d
    ret
8:  mov rcx, [rsi]
    mov r8, [rsi + rdx - 8]
    mov [rdi], rcx
    mov [rdi + rdx - 8], r8
    ret

move_backwards:
    mov rax, rdi
    cmp rdx, 16
    jb move_short
    movups xmm6, [rsi]              # the head is read before anything is written
    cmp rdx, 32
    jbe 2f
    movups xmm5, [rsi + 16]
1:  movups xmm0, [rsi + rdx - 16]
    movups xmm1, [rsi + rdx - 32]
    movups [rdi + rdx - 16], xmm0
    movups [rdi + rdx - 32], xmm1
    sub rdx, 32
    cmp rdx, 32
    ja 1b
    movups [rdi], xmm6
    movups [rdi + 16], xmm5
    ret
2:  movups xmm1, [rsi + rdx - 16]
    movups [rdi], xmm6
    movups [rdi + rdx - 16], xmm1
    ret

.balign 32
.type memset, @function
memset:
    mov rax, rdi
    movzx esi, sil
    mov rcx, 0x0101010101010101
    imul rsi, rcx
    cmp rdx, 16
    jb 3f
    movq xmm0, rsi
    punpcklqdq xmm0, xmm0
    lea r8, [rdi + rdx - 16]
    cmp rdx, 64
    jb 2f
    lea r9, [rdi + rdx - 64]
1:  movups [rdi], xmm0
    movups [rdi + 16], xmm0
    movups [rdi + 32], xmm0
    movups [rdi + 48], xmm0
    add rdi, 64
    cmp rdi, r9
    jbe 1b
2:  cmp rdi, r8
    jae 6f
    movups [rdi], xmm0
    add rdi, 16
    jmp 2b
6:  movups [r8], xmm0
    ret
3:  cmp edx, 8
    jae 8f
    cmp edx, 4
    jae 4f
    test edx, edx
    jz 5f
    mov [rdi], sil
    mov [rdi + rdx - 1], sil
    shr edx, 1
    mov [rdi + rdx], sil
5:  ret
4:  mov [rdi], esi
    mov [rdi + rdx - 4], esi
    ret
8:  mov [rdi], rsi
    mov [rdi + rdx - 8], rsi
    ret

.balign 32
.type memcmp, @function
.type bcmp, @function
memcmp:
bcmp:
    cmp rdx, 8
    jb 2f
1:  mov rax, [rdi]
    mov rcx, [rsi]
    cmp rax, rcx
    jne 5f
    add rdi, 8
    add rsi, 8
    sub rdx, 8
    cmp rdx, 8
    jae 1b
2:  test rdx, rdx
    jz 4f
3:  movzx eax, byte ptr [rdi]
    movzx ecx, byte ptr [rsi]
    sub eax, ecx
    jne 6f
    inc rdi
    inc rsi
    dec rdx
    jnz 3b
4:  xor eax, eax
6:  ret
5:  bswap rax                       # the first differing byte decides: make it the most significant
    bswap rcx
    cmp rax, rcx
    sbb eax, eax
    or eax, 1
    ret

.type strlen, @function
strlen:
    xor eax, eax
1:  cmp byte ptr [rdi + rax], 0
    je 2f
    inc rax
    jmp 1b
2:  ret
