#pragma once

#include "convnext/bundle/evidence.h"
#include "convnext/bundle/run_log.h"

namespace convnext {

inline constexpr const char* kDefaultTrack = "Track 1: 模型适配";

// The report that would be made now, for the repository of the working directory. Credentials in the URL are taken out.
ReportRecord DescribeReport(const std::string& repository_url, const std::string& track);

// Every file of a bundle, from what the phases left: `files` holds logs/run.jsonl and raw/, and perhaps a host's
// .gitattributes (others are not read). The
// report becomes the log's last line, in place of an earlier one. kInvalid if a phase is missing, or if a raw file is
// not the one that the log names.
Result<Files> AssembleBundle(const Files& files, const ReportRecord& report);

// The files whose text holds the run digest, and so cannot have theirs in the run log.
Files RenderReadmes(const Evidence& evidence, const Files& documents, const std::string& run_digest);

// Writes a bundle, its manifest last: a bundle with a manifest is complete.
Status WriteBundle(const std::string& directory, const Files& bundle);

}  // namespace convnext
