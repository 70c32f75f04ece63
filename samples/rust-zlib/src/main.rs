//! Compresses a page with zlib, a library in C, and decompresses it again.

use std::ffi::{c_int, c_ulong};

#[link(name = "z")]
unsafe extern "C" {
    fn compress(into: *mut u8, size: *mut c_ulong, from: *const u8, length: c_ulong) -> c_int;
    fn uncompress(into: *mut u8, size: *mut c_ulong, from: *const u8, length: c_ulong) -> c_int;
}

type Function = unsafe extern "C" fn(*mut u8, *mut c_ulong, *const u8, c_ulong) -> c_int;

fn call(function: Function, from: &[u8], at_most: usize) -> Vec<u8> {
    let mut into = vec![0; at_most];
    let mut size = at_most as c_ulong;
    // Both functions write at most `size` bytes, and then set it to how many they wrote.
    let answer = unsafe { function(into.as_mut_ptr(), &mut size, from.as_ptr(), from.len() as c_ulong) };
    assert_eq!(answer, 0, "zlib refused");
    into.truncate(size as usize);
    into
}

fn main() {
    let page = "<p>a page</p>\n".repeat(1000);
    let small = call(compress, page.as_bytes(), page.len());
    let again = call(uncompress, &small, page.len());
    println!("smaller: {}", small.len() < page.len());
    println!("the same again: {}", again == page.as_bytes());
}
