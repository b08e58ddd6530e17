# Entry of every interrupt and exception, and the way back.
#
# The stub of a vector pushes an error code where the CPU did not (Intel SDM vol. 3, table 6-1), then the vector. The common
# part saves the general registers and the whole extended state on the interrupted stack and calls `interrupt_dispatch`.
# A thread that is switched away from inside the dispatch keeps all of this on its own stack.
#
# The CFI lines let the unwinder walk from a handler into the interrupted code: rbp points to the saved frame
# (`InterruptFrame`, 22 quadwords), where every register of the interrupted code stands.

.section .text
.altmacro
.macro interrupt_stub vector
    .balign 16
    .if (\vector == 8) || ((\vector >= 10) && (\vector <= 14)) || (\vector == 17) || (\vector == 21) || (\vector == 29) || (\vector == 30)
    .else
    push 0
    .endif
    push \vector
    jmp interrupt_common
.endm

.balign 16
.global interrupt_stubs
interrupt_stubs:
.set vector_index, 0
.rept 256
    interrupt_stub %vector_index
    .set vector_index, vector_index + 1
.endr

.type interrupt_common, @function
interrupt_common:
    .cfi_startproc
    .cfi_signal_frame
    push rax
    push rcx
    push rdx
    push rbx
    push rbp
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    mov rbp, rsp
    .cfi_def_cfa rbp, 176
    .cfi_offset rip, -40
    .cfi_offset rsp, -16
    .cfi_offset rax, -64
    .cfi_offset rcx, -72
    .cfi_offset rdx, -80
    .cfi_offset rbx, -88
    .cfi_offset rbp, -96
    .cfi_offset rsi, -104
    .cfi_offset rdi, -112
    .cfi_offset r8, -120
    .cfi_offset r9, -128
    .cfi_offset r10, -136
    .cfi_offset r11, -144
    .cfi_offset r12, -152
    .cfi_offset r13, -160
    .cfi_offset r14, -168
    .cfi_offset r15, -176
    cld
    sub rsp, [EXTENDED_STATE_SIZE]
    and rsp, -64
    cmp byte ptr [USE_XSAVE], 0
    je 1f
    xor eax, eax                    # the XSAVE header must be zero (Intel SDM vol. 1, section 13.4.2)
    mov [rsp + 512], rax
    mov [rsp + 520], rax
    mov [rsp + 528], rax
    mov [rsp + 536], rax
    mov [rsp + 544], rax
    mov [rsp + 552], rax
    mov [rsp + 560], rax
    mov [rsp + 568], rax
    mov eax, -1
    mov edx, -1
    xsave64 [rsp]
    jmp 2f
1:  fxsave64 [rsp]
2:  mov rdi, rbp
    call interrupt_dispatch
    cmp byte ptr [USE_XSAVE], 0
    je 3f
    mov eax, -1
    mov edx, -1
    xrstor64 [rsp]
    jmp 4f
3:  fxrstor64 [rsp]
4:  mov rsp, rbp
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rbp
    pop rbx
    pop rdx
    pop rcx
    pop rax
    add rsp, 16
    iretq
    .cfi_endproc
.size interrupt_common, . - interrupt_common
