-- Claims, any number in one call (spec/03 §5); none is a warm-up.
-- KEYS[2..] claims   ARGV[4..] floor(signed_ms), ceil(keep_until_ms) of each
-- Reply: status, now, line, then one code for each claim when status is 1.
local status, now, line = guard()
local reply = {status, now, line}
if status == 1 then
  for i = 2, #KEYS do
    reply[i + 2] = claim(KEYS[i], ARGV[i * 2], ARGV[i * 2 + 1], now, line)
  end
end
return reply
