// Pictures out of archives: tar, also compressed by gzip or zstd, and zip, as samples of webdataset.
#pragma once

#include "convnext/archive/sample_reader.h"
