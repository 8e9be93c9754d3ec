// The error of a failed job, in the forms that workers write it.

/** Its code and kind, and its text: of a JSON object such as OpenAI's or the runpod SDK's, or as it stands. */
export function explain(error) {
  const found = fields(error);
  const message = found.message ?? found.error_message;
  if (typeof message !== "string") return { code: "", text: error };
  const code = [found.code, found.type ?? found.error_type].filter((part) => part != null).join(" ");
  return { code, text: [message, found.error_traceback].filter(Boolean).join("\n\n") };
}

function fields(error) {
  try {
    const found = JSON.parse(error);
    return (typeof found?.error === "object" ? found.error : found) ?? {};
  } catch {
    return {};
  }
}
