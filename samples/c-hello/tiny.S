/* The fewest bytes that the kernel still runs: two headers that overlap, and nothing else.
 *
 * An ELF file needs a header of 64 bytes and one program header of 56. The last 8 bytes of the
 * first have the same values as the first 8 of the second (e_phnum 1 and e_shnum 5 are p_type 1,
 * "load", and p_flags 5, "read and execute"), so they are written once: 112 bytes. The kernel
 * looks at no section, so the fields about sections hold the text, and what else it never
 * reads holds the program. At the start of a process every register is 0.
 *
 * Assembled to a flat file, because a linker would add what it thinks is missing.
 */

#define BASE 0x400000
#define AT(label) (BASE + (label) - file)

#if defined(__x86_64__)
#define MACHINE 62
#elif defined(__aarch64__)
#define MACHINE 183
#else
#error "add this processor's ELF number and system calls"
#endif

file:
    .byte 0x7f, 'E', 'L', 'F', 2, 1, 1, 0   /* 64 bits, little endian, version 1, System V */

start:                                      /* 8 bytes of padding */
#if defined(__x86_64__)
    inc %eax                                /* write is system call 1, */
    mov %eax, %edi                          /* standard output is file 1 */
    mov $14, %dl
    jmp text_address
#else
    mov x0, #1                              /* standard output */
    b text_address
#endif

    .short 2, MACHINE                       /* e_type: an executable; e_machine */
    .long 1                                 /* e_version */
    .quad AT(start)                         /* e_entry */
    .quad overlap - file                    /* e_phoff */
text:                                       /* e_shoff, e_flags and e_ehsize: 14 bytes */
    .ascii "Hello, world!\n"
    .short 56                               /* e_phentsize */
overlap:
    .long 1, 5                              /* p_type, p_flags; also the rest of the ELF header */
    .quad 0                                 /* p_offset: the whole file, */
    .quad BASE                              /* p_vaddr: loaded here */

text_address:                               /* p_paddr: 8 bytes */
#if defined(__x86_64__)
    mov $AT(text), %esi
    jmp call
    .byte 0
#else
    adr x1, text
    b call
#endif

    .quad end - file                        /* p_filesz */
    .quad end - file                        /* p_memsz */

call:                                       /* p_align, and on arm64 what does not fit into it */
#if defined(__x86_64__)
    syscall
    mov $60, %al                            /* exit */
    xor %edi, %edi
    syscall
#else
    mov x2, #14
    mov x8, #64                             /* write */
    svc #0
    mov x0, #0
    mov x8, #93                             /* exit */
    svc #0
#endif
end:
