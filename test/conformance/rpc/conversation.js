/** Parses `// comment`, `>> request`, `<< response` lines. */
export function parseConversation(text) {
  const exchanges = [];
  let schemaOnly = false;
  let request;
  for (const line of text.split("\n")) {
    if (line.startsWith("//")) schemaOnly ||= line.startsWith("// speconly");
    else if (line.startsWith(">>")) request = line.slice(2).trim();
    else if (line.startsWith("<<") && request !== undefined)
      exchanges.push({ request, response: line.slice(2).trim() });
    else if (line.trim() !== "") throw new SyntaxError(`not a line of a conversation: ${line.slice(0, 40)}`);
  }
  return { exchanges, schemaOnly };
}
//# sourceMappingURL=conversation.js.map
