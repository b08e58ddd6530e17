# Switching between threads: the callee-saved registers and control words of the System V ABI (x86-64 psABI, section
# 3.2.1) go onto the old stack, those of the new thread come from its own. All else is dead across a call.

.section .text
# switch_stacks(rdi: *mut usize where the old stack pointer goes, rsi: new stack pointer)
.type switch_stacks, @function
.global switch_stacks
switch_stacks:
    .cfi_startproc
    push rbp
    .cfi_adjust_cfa_offset 8
    push rbx
    .cfi_adjust_cfa_offset 8
    push r12
    .cfi_adjust_cfa_offset 8
    push r13
    .cfi_adjust_cfa_offset 8
    push r14
    .cfi_adjust_cfa_offset 8
    push r15
    .cfi_adjust_cfa_offset 8
    sub rsp, 8
    .cfi_adjust_cfa_offset 8
    stmxcsr [rsp]
    fnstcw [rsp + 4]
    mov [rdi], rsp
    mov rsp, rsi
    ldmxcsr [rsp]
    fldcw [rsp + 4]
    add rsp, 8
    .cfi_adjust_cfa_offset -8
    pop r15
    .cfi_adjust_cfa_offset -8
    pop r14
    .cfi_adjust_cfa_offset -8
    pop r13
    .cfi_adjust_cfa_offset -8
    pop r12
    .cfi_adjust_cfa_offset -8
    pop rbx
    .cfi_adjust_cfa_offset -8
    pop rbp
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
.size switch_stacks, . - switch_stacks

# The first code of a new thread: r12 = entry(argument), r13 = argument. `context::prepare` lays out what is popped above.
.type thread_start, @function
.global thread_start
thread_start:
    .cfi_startproc
    .cfi_undefined rip              # the outermost frame
    xor ebp, ebp
    mov rdi, r13
    call r12
    ud2
    .cfi_endproc
.size thread_start, . - thread_start
