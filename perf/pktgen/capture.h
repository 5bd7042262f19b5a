// Reader of captures: the DNS questions to UDP port 53 in a pcap file.
//
// Ethernet with or without VLAN tags, IPv4 and IPv6. Only the DNS message is taken: addresses and
// ports of the capture are never sent to. What is no question, or longer than kMaxMessage, is
// passed over.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "dns/result.h"
#include "dns/wire.h"
#include "perf/pktgen/question_set.h"

namespace bowline::perf::pktgen {

// Adds the questions of the file to `out`. Error: why it cannot be read, or that it has none.
dns::Result<void> read_capture(const std::string& path, QuestionSet& out);
// The same of a stream, which it closes; `name` stands for the file in errors.
dns::Result<void> read_capture_stream(std::FILE* stream, const std::string& name,
                                      QuestionSet& out);

// The DNS question in one Ethernet frame; empty: there is none. A view of the frame.
dns::Bytes question_in(dns::Bytes frame);

}  // namespace bowline::perf::pktgen
