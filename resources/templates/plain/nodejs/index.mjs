// Answers whoever invokes it: the event and the answer are JSON.

export const handler = async (event) => {
  const name = event.name ?? "world";
  console.log("greeting", name);
  return { message: `Hello, ${name}!` };
};
