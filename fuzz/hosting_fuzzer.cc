// Any bytes as what a host adds to a bundle, or as one of the bundle's files after git had it.
#include "convnext/bundle/hosting.h"
#include "convnext/bundle/ignored.h"
#include "target.h"

FUZZ_TARGET(hosting) {
  using namespace convnext;
  const std::string text(reinterpret_cast<const char*>(data), size);
  // What is kept of a host's lines is accepted, once and for all.
  const std::string joined = GitAttributesWith(text);
  Require(!FindForeignAttribute(joined) || joined.size() > (size_t{64} << 10));
  Require(GitAttributesWith(joined) == joined && !AllowsLineEndChanges(joined));
  const std::string cache = ".cache/huggingface/", commit(40, '0');
  for (const std::string& path :
       {std::string(".gitattributes"), std::string("LICENSE"), cache + ".gitignore", cache + "CACHEDIR.TAG",
        cache + "download/README.md.metadata", cache + "upload/README.md.metadata", cache + "download/README.md.lock",
        cache + "trees/" + commit + ".json"}) {
    Require(IsHosted(path) && FindHostedFault(path, text).size() < 1000);
  }
  IsHosted(text);
  IsIgnored(text, true);
  IsHosted(cache + text);
  if (const auto target = LfsPointerTarget(text)) Require(target->size() == 64);
  Require(WithUnixLineEnds(text).size() <= size);
  return 0;
}
