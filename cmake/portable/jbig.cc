// In place of JBIG-KIT, which libtiff calls and which is under the GPL: the portable program carries nothing that would
// put it under that. A TIFF that JBIG compresses is refused by that name.
#include <cstddef>

extern "C" {

void jbg_dec_init(void*) {}
int jbg_dec_in(void*, unsigned char*, size_t, size_t*) { return 1; }
unsigned char* jbg_dec_getimage(const void*, int) { return nullptr; }
unsigned long jbg_dec_getsize(const void*) { return 0; }
void jbg_dec_free(void*) {}
const char* jbg_strerror(int) { return "the portable program reads no JBIG"; }
int jbg_newlen(unsigned char*, size_t) { return 1; }
void jbg_enc_init(void*, unsigned long, unsigned long, int, unsigned char**, void (*)(unsigned char*, size_t, void*),
                  void*) {}
void jbg_enc_out(void*) {}
void jbg_enc_free(void*) {}
}
